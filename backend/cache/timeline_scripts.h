// The steps on a timeline that must be atomic, one script each; all keys of a script carry one hash tag. Ids
// are compared as text of 19 digits, because a Lua number is exact only to 2^53. Private to backend/cache;
// any thread.
#pragma once

#include "backend/cache/redis_client.h"

namespace backend::timeline_scripts {

// KEYS entries, floor, note. ARGV score of the upper end (empty: newest), how many below it of the open and
// as many of the closed segments, how many of them are wanted. Returns nothing when the floor is absent or
// void, else {floor's value, ids of the open segment, whether it has more, ids of closed ones, whether they
// have more}. Ids of the upper end's own millisecond come along. More: 0 no; 1 yes, perhaps also of the last
// id's millisecond; 2 yes, but none of that. When the open segment has more and all closed ones are older
// than its last id, none of these come.
const RedisScript& read();
// KEYS entries, floor, build, note, as in all that follow but publish. ARGV cap, entries per segment, score
// above which all is too old or nothing, the smallest id that is young enough. Puts late entries in their
// place, closes a full open segment, trims. Returns how many were dropped.
const RedisScript& upkeep();
// ARGV run_id, complete down to, its score, cap, entries per segment,
// then score and member of each entry, newest first. Returns how many were new; -1 without a valid floor.
const RedisScript& backfill();
// ARGV members. From every segment. Returns how many there were.
const RedisScript& remove();
const RedisScript& drop();
// ARGV further keys. Drops entries, note and those, unless there is a floor, of whatever life, or a build is
// under way. Returns how many of the further keys there were.
const RedisScript& dropAbsent();
// ARGV random text, stale after (ms), token's life (ms), void mark's life (ms).
// Returns the token; nothing while another's stands; an empty text when the floor is valid.
const RedisScript& beginBuild();
// ARGV token, segment (0: the open one), then score and member of each entry, newest first. Returns 1; 0 when
// the token is gone. Closed segments must be filled in ascending order, from the oldest entries on.
const RedisScript& fill();
// KEYS floor, build. ARGV token, floor, what stands between floor and run_id. Returns 1; 0 when the token is
// gone or of another life.
const RedisScript& publish();
// KEYS build. ARGV token. Takes it away if it stands.
const RedisScript& giveUp();
// ARGV random text, stale after (ms), token's life (ms), entries per segment. Returns {0} when there is
// nothing to deepen, {1} while another's token stands, else {2, token, floor's id, entries not below it}.
const RedisScript& beginDeepening();
// ARGV token, floor, what stands between floor and run_id, entries per segment, then score and member of each
// entry, newest first. Returns 1; 0 when the token is gone or of another life.
const RedisScript& deepen();

} // namespace backend::timeline_scripts
