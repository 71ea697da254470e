-- Position transfers: what changes an account's positions without a trade, so that whoever keeps books of its own can follow.

-- two rows per transfer, one for each account, from its own side. An account's list is read newest first and lies together
-- in this order, hence no rowid. No rules before the fourth moved a position, so nothing has to be told anew.
create table position_transfers (
    account          integer not null,
    -- 1, 2, 3 and so on for each account
    account_sequence integer not null,
    seq              integer not null,
    ts_us            integer not null,
    instrument       integer not null,
    -- by how much the account's position has changed; negative if it fell
    lots             integer not null,
    -- micro-USD that were added to what the account's position cost
    value            integer not null,
    reason           text not null check (reason in ('backstop', 'deleveraging')),
    primary key (account, account_sequence)
) strict, without rowid;
