-- What happened, in a form that can be searched. Derived from the journal: the file may be deleted and is then rebuilt.

-- how far the journal has been taken over; moves in the same transaction as the rows below
create table projection_offset (
    id  integer primary key check (id = 1),
    seq integer not null check (seq >= 0)
) strict;

insert into projection_offset (id, seq) values (1, 0);

-- one row per trade; prices and fees in micro-USD as everywhere inside
create table trades (
    trade_id         integer primary key,
    seq              integer not null,
    ts_us            integer not null,
    instrument       integer not null,
    price            integer not null,
    lots             integer not null,
    taker_side       text not null check (taker_side in ('buy', 'sell')),
    taker_order      integer not null,
    taker_account    integer not null,
    taker_fee        integer not null,
    maker_order      integer not null,
    maker_account    integer not null,
    maker_fee        integer not null
) strict;

-- the public list is read by instrument, newest first
create index trades_by_instrument on trades (instrument, trade_id);

-- every value a day of a series has had: provisional, then final
create table fixings (
    series  integer not null,
    day     integer not null,
    stage   text not null check (stage in ('provisional', 'final')),
    seq     integer not null,
    ts_us   integer not null,
    price   integer not null,
    rung    text not null,
    primary key (series, day, stage)
) strict;

-- every daily and final settlement with the value of one lot and where it came from
create table settlements (
    instrument    integer not null,
    day           integer not null,
    kind          text not null check (kind in ('daily', 'final')),
    seq           integer not null,
    ts_us         integer not null,
    value_per_lot integer not null,
    rung          text not null,
    primary key (instrument, day, kind)
) strict;

-- what each account received or paid in each settlement
create table variations (
    instrument integer not null,
    day        integer not null,
    kind       text not null check (kind in ('daily', 'final')),
    account    integer not null,
    position   integer not null,
    variation  integer not null,
    primary key (account, instrument, day, kind)
) strict;
