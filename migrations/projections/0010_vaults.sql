-- Vaults: what each entry of revenue brought and how it was shared, so that a holder can follow every payment to its day.

-- one row per entry. A vault's list is read newest first and lies together in this order, hence no rowid. No rules before the
-- fifth knew vaults, so nothing has to be told anew.
create table vault_revenues (
    vault       integer not null,
    -- 1, 2, 3 and so on for each vault
    number      integer not null,
    seq         integer not null,
    ts_us       integer not null,
    -- the UTC day whose revenue it is
    day         integer not null,
    gpu_seconds integer not null,
    -- micro-USD per GPU-hour
    rate        integer not null,
    -- from here on micro-USD
    gross       integer not null,
    cost        integer not null,
    kept        integer not null,
    shortfall   integer not null,
    holders     integer not null,
    sponsor     integer not null,
    per_share   integer not null,
    carried     integer not null,
    exported    integer not null,
    primary key (vault, number)
) strict, without rowid;
