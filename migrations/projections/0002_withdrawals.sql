-- Payments out: asked for, then posted or voided by the operator. The engine forgets those that have ended; their owner does not.

create table withdrawals (
    transfer    integer primary key,
    account     integer not null,
    asset       integer not null,
    amount      integer not null,
    state       text not null check (state in ('pending', 'posted', 'voided')),
    ts_us       integer not null,
    -- null while it is pending
    ended_ts_us integer
) strict;

-- an account's list is read newest first
create index withdrawals_by_account on withdrawals (account, transfer);

-- so is the operator's list of what is to be done; it stays short
create index withdrawals_pending on withdrawals (transfer) where state = 'pending';
