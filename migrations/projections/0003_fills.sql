-- Fills: an account's own side of its trades, and numbers by which whoever follows a list sees that nothing is missing.

-- the numbers count what came before, and the names of orders were not kept so far. Both are in the journal: the history
-- is told anew from its first command, as if the file had been deleted.
drop table trades;
delete from fixings;
delete from settlements;
delete from variations;
delete from withdrawals;
update projection_offset set seq = 0;

-- what everybody may see of a trade; what it was to either side is in fills
create table trades (
    trade_id            integer primary key,
    seq                 integer not null,
    ts_us               integer not null,
    instrument          integer not null,
    -- 1, 2, 3 and so on in each contract
    instrument_sequence integer not null,
    price               integer not null,
    lots                integer not null,
    taker_side          text not null check (taker_side in ('buy', 'sell'))
) strict;

-- the public list is read by instrument, newest first; a contract's last trade says which number the next one has
create index trades_by_instrument on trades (instrument, trade_id);

-- two rows per trade. An account's list is read newest first and lies together in this order, hence no rowid. Under the
-- first rules an account could meet itself, so that the trade's id alone would not tell its two fills apart.
create table fills (
    account          integer not null,
    -- 1, 2, 3 and so on for each account; of one trade the taker's side comes first
    account_sequence integer not null,
    trade_id         integer not null,
    instrument       integer not null,
    order_id         integer not null,
    liquidity        text not null check (liquidity in ('maker', 'taker')),
    -- micro-USD; negative is a rebate
    fee              integer not null,
    primary key (account, account_sequence)
) strict, without rowid;

-- the same list of one contract: without it, a market maker's few fills in a quiet contract would be looked for among all
-- it ever had, on one of the few connections that everybody reads through
create index fills_by_instrument on fills (account, instrument, account_sequence);

-- what its owner calls an order. The engine forgets finished orders after a day; their fills keep the name
create table order_names (
    order_id        integer primary key,
    client_order_id text not null
) strict;
