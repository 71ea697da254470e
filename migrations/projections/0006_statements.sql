-- Statements: every posting of the ledger with its reason, so that each account's day adds up to the ledger's balance.

-- settlements of strips and perpetuals had no room so far, and postings were not kept. All of it is in the journal: the
-- history is told anew from its first command, as if the file had been deleted.
drop table settlements;
drop table variations;
delete from trades;
delete from fills;
delete from order_names;
delete from fixings;
delete from withdrawals;
delete from position_transfers;
delete from spread_trades;
update projection_offset set seq = 0;

-- every settlement that started, with the value of one lot and where it came from. A perpetual is funded each hour and a
-- strip settled and cascaded on one day, so that only the command that started it names a settlement
create table settlements (
    seq           integer primary key,
    ts_us         integer not null,
    instrument    integer not null,
    day           integer not null,
    kind          text not null check (kind in ('daily', 'final', 'cascade', 'funding')),
    value_per_lot integer not null,
    rung          text not null,
    -- the command with which it was complete; null while it is posted
    completed_seq integer
) strict;

-- a contract's list is read oldest first
create index settlements_by_instrument on settlements (instrument, seq);

-- a day's report asks for all of them
create index settlements_by_day on settlements (day, seq);

-- what each account received or paid in each settlement
create table variations (
    account    integer not null,
    instrument integer not null,
    -- the settlement it belongs to
    settlement integer not null,
    -- the step in which it was posted: what was traded before it is settled, what was traded later is not
    seq        integer not null,
    day        integer not null,
    kind       text not null check (kind in ('daily', 'final', 'cascade', 'funding')),
    position   integer not null,
    variation  integer not null,
    primary key (account, instrument, settlement)
) strict, without rowid;

-- a day's report adds them up
create index variations_by_settlement on variations (settlement);

-- two rows per transfer of the ledger, which sum to zero
create table postings (
    seq            integer not null,
    -- place within the command: of each transfer first who gave, then who received
    part           integer not null,
    -- the ledger account, by the name that the trial balance shows
    ledger         text not null,
    asset          integer not null,
    -- the business day: that of the settlement it belongs to, of anything else the UTC day of its moment
    day            integer not null,
    ts_us          integer not null,
    -- in the asset's smallest units; negative if it left
    amount         integer not null,
    reason         text not null,
    -- what it was for: a trade, a settlement or a withdrawal by its number, or just the command
    reference_kind text not null check (reference_kind in ('trade', 'settlement', 'withdrawal', 'command')),
    reference      integer not null,
    instrument     integer,
    primary key (seq, part)
) strict, without rowid;

-- a statement lists a day of one ledger account
create index postings_by_ledger on postings (ledger, day, seq, part);

-- what the postings of a day add up to, so that a balance is the sum of days and not of everything that ever happened
create table day_totals (
    ledger text not null,
    asset  integer not null,
    day    integer not null,
    reason text not null,
    amount integer not null,
    primary key (ledger, asset, day, reason)
) strict, without rowid;

-- a day's report adds up the reasons of all accounts
create index day_totals_by_day on day_totals (day, reason);
