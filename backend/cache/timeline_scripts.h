// The steps on a timeline that must be atomic, one script each; all keys of a script carry one hash tag. Ids
// are compared as text of 19 digits, because a Lua number is exact only to 2^53. Private to backend/cache;
// any thread.
#pragma once

#include "backend/cache/redis_client.h"

namespace backend::timeline_scripts {

// KEYS entries, floor. ARGV before (nines: newest), its score or +inf, after (empty: none), limit.
// Returns nothing when the floor is absent or void, else {floor's value, 1 when the floor was reached, ids}.
const RedisScript& read();
// KEYS entries, floor, build. ARGV cap, slack, "(" score before which all is too old or -inf, the smallest id
// that is young enough. Returns how many were dropped.
const RedisScript& trim();
// KEYS entries, floor, build. ARGV run_id, complete down to, "(" its score, then score and member of each
// entry.
const RedisScript& backfill();
// KEYS entries, floor, build. ARGV random text, stale after (ms), token's life (ms), void mark's life (ms).
// Returns the token; nothing while another build's stands.
const RedisScript& beginBuild();
// KEYS entries, build. ARGV token, then score and member of each entry. Returns 1; 0 when the token is gone.
const RedisScript& fill();
// KEYS floor, build. ARGV token, floor. Returns 1; 0 when the token is gone or of another life.
const RedisScript& publish();

} // namespace backend::timeline_scripts
