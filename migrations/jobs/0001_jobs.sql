-- Settlement jobs: who asked for which day, and what was due then. No money is here: what was settled, and at which price,
-- is in the journal alone, and how far a job has come follows from the state of the engine.

create table jobs (
    kind         text not null check (kind in ('daily', 'final')),
    -- the business day, counted from 1970
    day          integer not null,
    -- the key that asked first, sixteen hexadecimal digits; zeros are the venue's own schedule
    key          text not null check (length(key) = 16),
    -- what was due when it began, as JSON: contracts with the kind of their settlement, in the order of posting. A contract
    -- that is listed later does not join a job that is under way or done
    tasks        text not null,
    begun_seq    integer not null,
    begun_ts_us  integer not null,
    -- all of this is null until everything is settled: the state it led to, as the first answer reported it
    ended_seq    integer,
    ended_ts_us  integer,
    state_hash   text,
    -- the journal's last durable batch at that moment
    head_seq     integer,
    head         text,
    primary key (kind, day)
) strict, without rowid;
