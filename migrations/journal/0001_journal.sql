-- The journal: the only truth of the venue. Everything else is rebuilt from it.

-- who may append: each start of the venue raises the epoch by one before it reads the tail, so that a writer
-- that was paused and comes back finds another epoch here and can never append again.
create table journal_epoch (
    -- one row only
    id    integer primary key check (id = 1),
    epoch integer not null check (epoch >= 0)
) strict;

insert into journal_epoch (id, epoch) values (1, 0);

-- one row per durable commit, not per command: the row is what a single fsync pays for.
create table journal_batches (
    -- place of the first command; the next batch starts right behind the last one
    first_seq  integer primary key check (first_seq >= 1),
    last_seq   integer not null check (last_seq >= first_seq),
    epoch      integer not null check (epoch >= 1),
    -- hash of the batch before, 32 zero bytes for the first: the chain that shows any alteration
    previous   blob not null check (length(previous) = 32),
    -- hash of the events the commands led to, which a replay has to reproduce
    event_hash blob not null check (length(event_hash) = 32),
    -- the encoded commands
    body       blob not null,
    -- hash over all of the above
    hash       blob not null check (length(hash) = 32)
) strict;
