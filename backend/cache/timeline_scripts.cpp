#include "backend/cache/timeline_scripts.h"

namespace backend::timeline_scripts {
namespace {

// What several scripts do. The open segment is KEYS[1], the closed ones KEYS[1]:1, KEYS[1]:2, …, without a gap; closed ones
// hold disjoint milliseconds, the newer ones first. Scores are negative Unix ms, so that rank 0 is the newest. Lists of
// entries are written as ZADD takes them: score, member, score, member.
const std::string kSegments = R"lua(
local function segment(i) return i == 0 and KEYS[1] or KEYS[1] .. ':' .. i end
local function closed()
  local n = 0
  while redis.call('EXISTS', segment(n + 1)) == 1 do n = n + 1 end
  return n
end
local function newestScore(i) return tonumber(redis.call('ZRANGE', segment(i), 0, 0, 'WITHSCORES')[2]) end
local function add(i, entries)
  local added = 0
  for from = 1, #entries, 2000 do
    added = added + redis.call('ZADD', segment(i), unpack(entries, from, math.min(from + 1999, #entries)))
  end
  return added
end
local function asEntries(range)
  local entries = {}
  for i = 1, #range, 2 do
    entries[i], entries[i + 1] = range[i + 1], range[i]
  end
  return entries
end
)lua";

// Puts entries where they belong, closes what is full, drops what is too much.
const std::string kUpkeep = R"lua(
-- Moves the closed segments above i further by `by`.
local function makeRoom(n, i, by)
  for k = n, i + 1, -1 do redis.call('RENAME', segment(k), segment(k + by)) end
end
-- Cuts segment i into pieces of about `size`, from the oldest on, between two milliseconds. Returns how many more there are.
local function split(n, i, size)
  local all = redis.call('ZRANGE', segment(i), 0, -1, 'WITHSCORES')
  local pieces, last = {}, #all
  while last > 0 do
    local first = math.max(last - 2 * size + 1, 1)
    while first > 1 and all[first + 1] == all[first - 1] do first = first - 2 end
    local piece = {}
    for k = first, last, 2 do
      piece[#piece + 1] = all[k + 1]
      piece[#piece + 1] = all[k]
    end
    table.insert(pieces, 1, piece)
    last = first - 1
  end
  if #pieces < 2 then return 0 end
  makeRoom(n, i, #pieces - 1)
  redis.call('UNLINK', segment(i))
  for k, piece in ipairs(pieces) do add(i + k - 1, piece) end
  return #pieces - 1
end
-- Adds entries, newest first, each to the segment whose time it is of; cuts closed segments that grow too large.
local function place(n, entries, size)
  local i, part, added, touched = 0, {}, 0, {}
  local function flush()
    if #part == 0 then return end
    added = added + add(i, part)
    if i > 0 then touched[#touched + 1] = i end
    part = {}
  end
  local edge = n > 0 and newestScore(1)
  for k = 1, #entries, 2 do
    while edge and tonumber(entries[k]) >= edge do
      flush()
      i = i + 1
      edge = i < n and newestScore(i + 1)
    end
    part[#part + 1] = entries[k]
    part[#part + 1] = entries[k + 1]
  end
  flush()
  for k = #touched, 1, -1 do
    if redis.call('ZCARD', segment(touched[k])) >= 1.25 * size then n = n + split(n, touched[k], size) end
  end
  return n, added
end
-- What came late into the open segment goes where it belongs.
local function settle(n, size)
  if n == 0 then return n end
  local edge = string.format('%.0f', newestScore(1))
  local late = redis.call('ZRANGEBYSCORE', segment(0), edge, '+inf', 'WITHSCORES')
  if #late == 0 then return n end
  redis.call('ZREMRANGEBYSCORE', segment(0), edge, '+inf')
  return (place(n, asEntries(late), size))
end
-- Closes a full open segment. What is beyond its size stays open.
local function rotate(n, size)
  local count = redis.call('ZCARD', segment(0))
  if count < size then return n end
  if count >= 2 * size or redis.call('OBJECT', 'ENCODING', segment(0)) == 'skiplist' then return n + split(n, 0, size) end
  local over, top = count - size, {}
  if over > 0 then
    local range = redis.call('ZRANGE', segment(0), 0, over, 'WITHSCORES')
    while over > 0 and range[2 * over] == range[2 * over + 2] do over = over - 1 end
    for k = 1, 2 * over, 2 do
      top[k], top[k + 1] = range[k + 1], range[k]
    end
    if over > 0 then redis.call('ZREMRANGEBYRANK', segment(0), 0, over - 1) end
  end
  makeRoom(n, -1, 1)
  add(0, top)
  return n + 1
end
-- Drops everything whose score is above `cut`, all in segment i or older ones; the floor first, which `raise` is then at least.
local function dropBelow(n, i, cut, raise)
  local value, dropped = redis.call('GET', KEYS[2]), 0
  if value and value ~= 'void' then
    local at = i
    local newest = redis.call('ZRANGEBYSCORE', segment(at), '(' .. cut, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
    if not newest[1] and i < n then
      at = i + 1
      newest = redis.call('ZRANGE', segment(at), 0, 0, 'WITHSCORES')
    end
    if newest[1] then newest = redis.call('ZREVRANGEBYSCORE', segment(at), newest[2], newest[2], 'LIMIT', 0, 1) end
    local floor = string.sub(value, 1, 19)
    if newest[1] and newest[1] >= floor and raise > floor then redis.call('SET', KEYS[2], raise .. string.sub(value, 20)) end
  elseif not value then
    redis.call('SET', KEYS[2], 'void', 'PX', 86400000) -- nobody may take it for complete
  end
  for k = n, i, -1 do
    dropped = dropped + redis.call('ZREMRANGEBYSCORE', segment(k), '(' .. cut, '+inf')
  end
  return dropped
end
-- Drops what is beyond the cap or too old. Nothing may have come late (settle).
local function trim(n, cap, oldestScore, oldestId)
  local sizes, excess, from, cut, raise = {}, -cap, 0, nil, nil
  for i = 0, n do
    sizes[i] = redis.call('ZCARD', segment(i))
    excess = excess + sizes[i]
  end
  if excess > 0 then
    local i = n
    while sizes[i] <= excess do
      excess = excess - sizes[i]
      i = i - 1
    end
    from = i
    local rank = sizes[i] - excess - 1
    cut = redis.call('ZRANGE', segment(i), rank, rank, 'WITHSCORES')[2]
    raise = redis.call('ZRANGEBYSCORE', segment(i), cut, cut, 'LIMIT', 0, 1)[1]
  end
  local last = redis.call('ZRANGE', segment(n), -1, -1, 'WITHSCORES')
  if oldestScore ~= '+inf' and last[2] and tonumber(last[2]) > tonumber(oldestScore)
    and (not cut or tonumber(cut) > tonumber(oldestScore)) then
    from, cut, raise = 0, oldestScore, oldestId
  end
  if not cut then return 0 end
  return dropBelow(n, from, cut, raise)
end
)lua";

} // namespace

const RedisScript& read()
{
    // The open segment may overlap with every closed one. When it alone gives the whole part, only the newest closed entry
    // has to be looked at.
    static const RedisScript script(R"lua(
local value = redis.call('GET', KEYS[2])
if not value or value == 'void' then return false end
local from, step = ARGV[1], tonumber(ARGV[2])
local open = redis.call('ZRANGEBYSCORE', KEYS[1], from, '+inf', 'LIMIT', 0, step)
local ids, i, room = {}, 1, step
if #open == step and open[step] > (redis.call('ZRANGE', KEYS[1] .. ':1', 0, 0)[1] or '') then return {value, open, ids} end
while room > 0 do
  local key = KEYS[1] .. ':' .. i
  local part = redis.call('ZRANGEBYSCORE', key, from, '+inf', 'LIMIT', 0, room)
  if #part == 0 and redis.call('EXISTS', key) == 0 then break end
  for _, id in ipairs(part) do ids[#ids + 1] = id end
  i, room = i + 1, room - #part
end
return {value, open, ids}
)lua");
    return script;
}

const RedisScript& upkeep()
{
    // While a build is under way nothing moves: it fills segments by their number, and its floor is chosen already and could
    // not be raised any more.
    static const RedisScript script(kSegments + kUpkeep + R"lua(
if redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
local size, n = tonumber(ARGV[2]), closed()
n = settle(n, size)
n = rotate(n, size)
return trim(n, tonumber(ARGV[1]), ARGV[3], ARGV[4])
)lua");
    return script;
}

const RedisScript& backfill()
{
    static const RedisScript script(kSegments + kUpkeep + R"lua(
redis.call('DEL', KEYS[3])
local value, stamp = redis.call('GET', KEYS[2]), ARGV[1]
if not value or stamp == '' or string.sub(value, 20) ~= stamp then return -1 end
local size, floor, n = tonumber(ARGV[5]), string.sub(value, 1, 19), closed()
n = settle(n, size)
if ARGV[2] > floor then
  floor = ARGV[2]
  redis.call('SET', KEYS[2], floor .. stamp)
  for i = n, 0, -1 do redis.call('ZREMRANGEBYSCORE', segment(i), '(' .. ARGV[3], '+inf') end
  n = closed()
end
local entries, added = {}, 0
for i = 6, #ARGV, 2 do
  if ARGV[i + 1] >= floor then
    entries[#entries + 1] = ARGV[i]
    entries[#entries + 1] = ARGV[i + 1]
  end
end
n, added = place(n, entries, size)
n = rotate(n, size)
trim(n, tonumber(ARGV[4]), '+inf', '')
return added
)lua");
    return script;
}

const RedisScript& remove()
{
    static const RedisScript script(kSegments + R"lua(
local removed, left, n, gap = 0, #ARGV, 0, false
for from = 1, #ARGV, 1000 do
  removed = removed + redis.call('ZREM', segment(0), unpack(ARGV, from, math.min(from + 999, #ARGV)))
end
while left > 0 and redis.call('EXISTS', segment(n + 1)) == 1 do
  n = n + 1
  local here = 0
  for from = 1, #ARGV, 1000 do
    here = here + redis.call('ZREM', segment(n), unpack(ARGV, from, math.min(from + 999, #ARGV)))
  end
  removed, left = removed + here, left - here
  if here > 0 and redis.call('EXISTS', segment(n)) == 0 then gap = true end
end
if gap then -- an emptied segment is gone: the older ones move up
  local to = 0
  for i = 1, n do
    if redis.call('EXISTS', segment(i)) == 1 then
      to = to + 1
      if to < i then redis.call('RENAME', segment(i), segment(to)) end
    end
  end
  while redis.call('EXISTS', segment(n + 1)) == 1 do
    n, to = n + 1, to + 1
    redis.call('RENAME', segment(n), segment(to))
  end
end
return removed
)lua");
    return script;
}

const RedisScript& drop()
{
    static const RedisScript script(kSegments + R"lua(
redis.call('UNLINK', KEYS[2], KEYS[3])
for i = closed(), 0, -1 do redis.call('UNLINK', segment(i)) end
return 1
)lua");
    return script;
}

const RedisScript& beginBuild()
{
    static const RedisScript script(kSegments + R"lua(
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local other = redis.call('GET', KEYS[3])
if other then
  local begun = tonumber(string.match(other, '^%S+ (%d+)'))
  if begun and now >= begun and now - begun < tonumber(ARGV[2]) then return false end
end
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local token = ARGV[1] .. ' ' .. string.format('%.0f', now) .. ' ' .. run
redis.call('SET', KEYS[2], 'void', 'PX', ARGV[4])
for i = closed(), 0, -1 do redis.call('UNLINK', segment(i)) end
redis.call('SET', KEYS[3], token, 'PX', ARGV[3])
return token
)lua");
    return script;
}

const RedisScript& fill()
{
    static const RedisScript script(kSegments + R"lua(
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('ZADD', segment(tonumber(ARGV[2])), unpack(ARGV, 3))
return 1
)lua");
    return script;
}

const RedisScript& publish()
{
    static const RedisScript script(R"lua(
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[2])
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
if string.sub(ARGV[1], -#run) ~= run then return 0 end
redis.call('SET', KEYS[1], ARGV[2] .. ARGV[3] .. run)
return 1
)lua");
    return script;
}

} // namespace backend::timeline_scripts
