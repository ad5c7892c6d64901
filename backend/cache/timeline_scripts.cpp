#include "backend/cache/timeline_scripts.h"

#include "backend/cache/timeline_keys.h"

namespace backend::timeline_scripts {
namespace {

// What several scripts begin with. KEYS[1] is the open segment, KEYS[2] the floor, KEYS[3] the build token,
// KEYS[4] the note of the closed segments: "<lowest> <highest> <entries> <score of the newest>", absent when
// there are none. Closed segments are KEYS[1]:<number>, the newest has the highest; each holds milliseconds
// of its own. One that was emptied is missing. Scores are negative Unix ms, so that rank 0 is the newest.
// Lists of entries are as ZADD takes them: score, member, ….
const std::string kSegments = R"lua(
local low, high, total, newest
local function segment(k) return k and KEYS[1] .. ':' .. k or KEYS[1] end
local saved
local function noteText() return high >= low and string.format('%d %d %d %s', low, high, total, newest) or false end
local function setNote(note)
  low, high, total, newest = string.match(note or '', '^(%d+) (%d+) (%d+) (%S+)$')
  if low then low, high, total = tonumber(low), tonumber(high), tonumber(total)
  else low, high, total = 1, 0, 0 end
  saved = noteText()
end
local function saveNote()
  local note = noteText()
  if note == saved then return end
  saved = note
  if note then redis.call('SET', KEYS[4], note) else redis.call('DEL', KEYS[4]) end
end
local function add(k, entries)
  local added = 0
  for from = 1, #entries, 2000 do
    added = added + redis.call('ZADD', segment(k), unpack(entries, from, math.min(from + 1999, #entries)))
  end
  if k then total = total + added end
  return added
end
local function clear()
  setNote(redis.call('GET', KEYS[4]))
  for k = low, high do redis.call('UNLINK', segment(k)) end
  redis.call('UNLINK', KEYS[1], KEYS[4])
end
)lua";

// Floors are told apart by what stands behind their 19 digits.
const std::string kFloors =
    "local kWhole, kPart = '" + std::string(kFloorLayout) + "', '" + std::string(kPartFloorLayout) + R"lua('
local function runId() return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') end
local function isValid(value, run)
  local layout = value and string.sub(value, 20, 22)
  return (layout == kWhole or layout == kPart) and run ~= '' and string.sub(value, 23) == run
end
)lua";

// Tokens of who builds or deepens: "<random> <begun, Unix ms> <run_id>".
const std::string kTokens = R"lua(
local function isTaken(staleAfter)
  local other, time = redis.call('GET', KEYS[3]), redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local begun = other and tonumber(string.match(other, '^%S+ (%d+)'))
  return begun and now >= begun and now - begun < tonumber(staleAfter), now
end
local function setToken(random, now, run, life)
  local token = random .. ' ' .. string.format('%.0f', now) .. ' ' .. run
  redis.call('SET', KEYS[3], token, 'PX', life)
  return token
end
)lua";

// Puts entries where they belong, closes what is full, drops what is too much.
const std::string kUpkeep = R"lua(
-- Cuts segment k, or the open one, into pieces of about `size`, from the oldest on, between two milliseconds.
local function split(k, size)
  local all = redis.call('ZRANGE', segment(k), 0, -1, 'WITHSCORES')
  local pieces, last = {}, #all -- the oldest first
  while last > 0 do
    local first = math.max(last - 2 * size + 1, 1)
    while first > 1 and all[first + 1] == all[first - 1] do first = first - 2 end
    local piece = {}
    for i = first, last, 2 do
      piece[#piece + 1] = all[i + 1]
      piece[#piece + 1] = all[i]
    end
    pieces[#pieces + 1] = piece
    last = first - 1
  end
  local more = #pieces - 1
  if more < 1 then return end
  redis.call('UNLINK', segment(k))
  if k then
    total = total - #all / 2
    for i = high, k + 1, -1 do
      if redis.call('EXISTS', segment(i)) == 1 then redis.call('RENAME', segment(i), segment(i + more)) end
    end
    for i, piece in ipairs(pieces) do add(k + i - 1, piece) end
  else
    for i = 1, more do add(high + i, pieces[i]) end
    newest = pieces[more][1]
    add(nil, pieces[more + 1])
  end
  high = high + more
end
-- Adds entries, newest first, each to the segment whose time it is of; cuts closed segments that grow too large.
local function place(entries, size)
  local numbers, edges = {}, {}
  for k = high, low, -1 do
    local first = redis.call('ZRANGE', segment(k), 0, 0, 'WITHSCORES')
    if first[2] then
      numbers[#numbers + 1] = k
      edges[#edges + 1] = #edges == 0 and math.min(tonumber(newest), tonumber(first[2])) or tonumber(first[2])
    end
  end
  if #numbers == 0 then low, high, total = 1, 0, 0 end
  local at, part, added, touched = 0, {}, 0, {}
  local function flush()
    if #part == 0 then return end
    added = added + add(numbers[at], part)
    if at > 0 then touched[#touched + 1] = numbers[at] end
    part = {}
  end
  for i = 1, #entries, 2 do
    while edges[at + 1] and tonumber(entries[i]) >= edges[at + 1] do
      flush()
      at = at + 1
    end
    part[#part + 1] = entries[i]
    part[#part + 1] = entries[i + 1]
  end
  flush()
  for _, k in ipairs(touched) do -- the newest first: the numbers of older ones stay
    local count = redis.call('ZCARD', segment(k))
    if count >= 2 * size or count > 1.25 * size and redis.call('OBJECT', 'ENCODING', segment(k)) == 'skiplist' then split(k, size) end
  end
  return added
end
-- What came late into the open segment goes where it belongs.
local function settle(size)
  if high < low then return end
  local oldest = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
  if not oldest or tonumber(oldest) < tonumber(newest) then return end
  local late, entries = redis.call('ZRANGEBYSCORE', KEYS[1], newest, '+inf', 'WITHSCORES'), {}
  for i = 1, #late, 2 do
    entries[i], entries[i + 1] = late[i + 1], late[i]
  end
  redis.call('ZREMRANGEBYSCORE', KEYS[1], newest, '+inf')
  place(entries, size)
end
-- Closes a full open segment; what is beyond its size stays open. Returns how many are open then.
local function rotate(size)
  local count = redis.call('ZCARD', KEYS[1])
  if count < size then return count end
  if count >= 2 * size or count > 128 and redis.call('OBJECT', 'ENCODING', KEYS[1]) == 'skiplist' then
    split(nil, size)
    return redis.call('ZCARD', KEYS[1])
  end
  local over, top = count - size, {}
  local range = redis.call('ZRANGE', KEYS[1], 0, over, 'WITHSCORES')
  while over > 0 and range[2 * over] == range[2 * over + 2] do over = over - 1 end
  for i = 1, 2 * over, 2 do
    top[i], top[i + 1] = range[i + 1], range[i]
  end
  if over > 0 then redis.call('ZREMRANGEBYRANK', KEYS[1], 0, over - 1) end
  high, total, newest = high + 1, total + count - over, range[2 * over + 2]
  redis.call('RENAME', KEYS[1], segment(high))
  add(nil, top)
  return over
end
-- Before anything goes that is older than `raise`: nobody may take the timeline for complete below it.
local function raiseFloor(value, raise)
  if not value then redis.call('SET', KEYS[2], 'void', 'PX', 86400000)
  elseif value ~= 'void' and raise > string.sub(value, 1, 19) then redis.call('SET', KEYS[2], raise .. string.sub(value, 20)) end
end
-- Drops whole closed segments, the oldest first, as long as the cap is kept. Nothing may have come late (settle).
local function trim(open, cap, floor)
  local keep, left = low, total
  while keep <= high do
    local count = redis.call('ZCARD', segment(keep))
    if open + left - count < cap then break end
    keep, left = keep + 1, left - count
  end
  if keep == low then return 0 end
  local oldest = keep <= high and segment(keep) or KEYS[1]
  local last = redis.call('ZRANGE', oldest, -2, -1, 'WITHSCORES')
  local raise, score = last[#last - 1], last[#last]
  if last[2] == score then raise = redis.call('ZRANGEBYSCORE', oldest, score, score, 'LIMIT', 0, 1)[1] end
  raiseFloor(floor, raise)
  local first, dropped = low, total - left
  low, total = keep, left
  saveNote()
  for k = first, keep - 1 do redis.call('UNLINK', segment(k)) end
  return dropped
end
-- Drops everything older than a score; `raise` is the smallest id that is young enough.
local function dropOlder(score, raise, floor)
  local function isOld(range) return range[2] and tonumber(range[2]) > tonumber(score) end
  local found, dropped = isOld(redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')), 0
  for k = low, high do
    local range = redis.call('ZRANGE', segment(k), -1, -1, 'WITHSCORES')
    if isOld(range) then found = true end
    if range[2] then break end
  end
  if not found then return 0 end
  raiseFloor(floor, raise)
  dropped = redis.call('ZREMRANGEBYSCORE', KEYS[1], '(' .. score, '+inf')
  for k = low, high do
    local some = redis.call('ZREMRANGEBYSCORE', segment(k), '(' .. score, '+inf')
    dropped, total = dropped + some, total - some
    if redis.call('EXISTS', segment(k)) == 1 then break end
    low = k + 1
  end
  return dropped
end
)lua";

} // namespace

const RedisScript& read()
{
    // The open segment may overlap with every closed one. When it alone gives the whole part, only the newest
    // closed entry has to be looked at. Ids within some 10^7 may share a millisecond, in which the newest
    // come last: then all of it is taken.
    static const RedisScript script(R"lua(
local values = redis.call('MGET', KEYS[2], KEYS[3])
if not values[1] or values[1] == 'void' then return false end
local score, step, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local from = score == '' and '-inf' or '(' .. score
local function near(a, b) return tonumber(string.sub(a, 1, 12)) - tonumber(string.sub(b, 1, 12)) < 2 end
local function take(key, room, ids)
  if score ~= '' then
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', key, score, score)) do ids[#ids + 1] = id end
  end
  local part = redis.call('ZRANGEBYSCORE', key, from, '+inf', 'LIMIT', 0, room)
  for _, id in ipairs(part) do ids[#ids + 1] = id end
  if #part < room then return #part, 0 end
  local last = part[room]
  if not near(part[math.max(limit - step + room, 1)], last) then return room, 1 end
  local same = redis.call('ZSCORE', key, last)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', key, same, same)) do
    if id > last then ids[#ids + 1] = id end
  end
  return room, 2
end
local open, closed, more = {}, {}, 0
local _, openMore = take(KEYS[1], step, open)
local low, high = string.match(values[2] or '', '^(%d+) (%d+) ')
if not low then return {values[1], open, openMore, closed, 0} end
if openMore > 0 and open[#open] > (redis.call('ZRANGE', KEYS[1] .. ':' .. high, 0, 0)[1] or '~') then
  return {values[1], open, openMore, closed, 0}
end
local room = step
for k = tonumber(high), tonumber(low), -1 do
  local count
  count, more = take(KEYS[1] .. ':' .. k, room, closed)
  room = room - count
  if room == 0 then break end
end
return {values[1], open, openMore, closed, more}
)lua");
    return script;
}

const RedisScript& upkeep()
{
    // While a build is under way nothing moves: it fills segments by their number, and its floor is chosen
    // already and could not be raised any more.
    static const RedisScript script(kSegments + kUpkeep + R"lua(
local values, size = redis.call('MGET', KEYS[3], KEYS[4], KEYS[2]), tonumber(ARGV[2])
if values[1] then return 0 end
setNote(values[2])
settle(size)
local dropped = 0
if ARGV[3] ~= '' then dropped = dropOlder(ARGV[3], ARGV[4], values[3]) end
dropped = dropped + trim(rotate(size), tonumber(ARGV[1]), dropped > 0 and redis.call('GET', KEYS[2]) or values[3])
saveNote()
return dropped
)lua");
    return script;
}

const RedisScript& backfill()
{
    static const RedisScript script(kSegments + kFloors + kUpkeep + R"lua(
redis.call('DEL', KEYS[3])
local value = redis.call('GET', KEYS[2])
if not isValid(value, ARGV[1]) then return -1 end
setNote(redis.call('GET', KEYS[4]))
local size, floor = tonumber(ARGV[5]), string.sub(value, 1, 19)
settle(size)
if ARGV[2] > floor then
  floor = ARGV[2]
  value = floor .. string.sub(value, 20)
  redis.call('SET', KEYS[2], value)
  dropOlder(ARGV[3], floor, value)
end
local entries = {}
for i = 6, #ARGV, 2 do
  if ARGV[i + 1] >= floor then
    entries[#entries + 1] = ARGV[i]
    entries[#entries + 1] = ARGV[i + 1]
  end
end
local added = place(entries, size)
trim(rotate(size), tonumber(ARGV[4]), value)
saveNote()
return added
)lua");
    return script;
}

const RedisScript& remove()
{
    static const RedisScript script(kSegments + R"lua(
-- A listpack is searched from its beginning for each member: many are compared with what is there instead.
local wanted
if #ARGV > 8 then
  wanted = {}
  for i = 1, #ARGV do wanted[ARGV[i]] = true end
end
local function removeFrom(k)
  local key, gone = segment(k), ARGV
  if wanted then
    local members = redis.call('ZRANGE', key, 0, -1)
    gone = {}
    for i = 1, #members do
      if wanted[members[i]] then gone[#gone + 1] = members[i] end
    end
    if #gone > 0 and #gone == #members then
      redis.call('UNLINK', key)
      return #gone
    end
  end
  local removed = 0
  for from = 1, #gone, 1000 do
    removed = removed + redis.call('ZREM', key, unpack(gone, from, math.min(from + 999, #gone)))
  end
  return removed
end
local removed, left = removeFrom(nil), #ARGV
setNote(redis.call('GET', KEYS[4]))
for k = high, low, -1 do
  local here = removeFrom(k)
  left, total, removed = left - here, total - here, removed + here
  if left == 0 then break end
end
if left < #ARGV then saveNote() end
return removed
)lua");
    return script;
}

const RedisScript& drop()
{
    static const RedisScript script(kSegments + R"lua(
redis.call('UNLINK', KEYS[2], KEYS[3])
clear()
return 1
)lua");
    return script;
}

const RedisScript& dropAbsent()
{
    static const RedisScript script(kSegments + R"lua(
local floor = redis.call('GET', KEYS[2])
if floor and floor ~= 'void' or redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
local there = 0
for i = 1, #ARGV do there = there + redis.call('EXISTS', ARGV[i]) end
clear()
for i = 1, #ARGV do redis.call('UNLINK', ARGV[i]) end
return there
)lua");
    return script;
}

const RedisScript& beginBuild()
{
    static const RedisScript script(kSegments + kFloors + kTokens + R"lua(
local run = runId()
if isValid(redis.call('GET', KEYS[2]), run) then return '' end
local taken, now = isTaken(ARGV[2])
if taken then return false end
redis.call('SET', KEYS[2], 'void', 'PX', ARGV[4])
clear()
return setToken(ARGV[1], now, run, ARGV[3])
)lua");
    return script;
}

const RedisScript& fill()
{
    static const RedisScript script(kSegments + R"lua(
if redis.call('GET', KEYS[3]) ~= ARGV[1] then return 0 end
setNote(redis.call('GET', KEYS[4]))
local k = tonumber(ARGV[2])
if k == 0 then
  add(nil, {unpack(ARGV, 3)})
else
  high, newest = k, ARGV[3]
  add(k, {unpack(ARGV, 3)})
  saveNote()
end
return 1
)lua");
    return script;
}

const RedisScript& publish()
{
    static const RedisScript script(kFloors + R"lua(
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[2])
local run = runId()
if string.sub(ARGV[1], -#run) ~= run then return 0 end
redis.call('SET', KEYS[1], ARGV[2] .. ARGV[3] .. run)
return 1
)lua");
    return script;
}

const RedisScript& giveUp()
{
    static const RedisScript script(R"lua(
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
)lua");
    return script;
}

const RedisScript& beginDeepening()
{
    // What lies below the floor nobody sees, and who removed by the floor that they read left it there: it
    // must be gone before the floor comes down to it. What is delivered below it from now on is of somebody
    // who looks again afterwards, or takes the token.
    static const RedisScript script(kSegments + kFloors + kTokens + kUpkeep + R"lua(
local run, value = runId(), redis.call('GET', KEYS[2])
if not isValid(value, run) or string.sub(value, 20, 22) ~= kPart then return {0} end
local taken, now = isTaken(ARGV[2])
if taken then return {1} end
local floor = string.sub(value, 1, 19)
setNote(redis.call('GET', KEYS[4]))
settle(tonumber(ARGV[4]))
local function clearBelow(k)
  local all, gone = redis.call('ZRANGE', segment(k), 0, -1), {}
  for _, member in ipairs(all) do
    if member < floor then gone[#gone + 1] = member end
  end
  for from = 1, #gone, 1000 do
    redis.call('ZREM', segment(k), unpack(gone, from, math.min(from + 999, #gone)))
  end
  if k then total = total - #gone end
  return #all == #gone
end
clearBelow(nil)
for k = low, high do
  if not clearBelow(k) then break end
  low = k + 1
end
saveNote()
return {2, setToken(ARGV[1], now, run, ARGV[3]), floor, redis.call('ZCARD', KEYS[1]) + total}
)lua");
    return script;
}

const RedisScript& deepen()
{
    // While the token stands nothing is trimmed, so that the floor is still the one below which was read; it
    // is looked at all the same, because a token may have come back with a dump of another life.
    static const RedisScript script(kSegments + kFloors + kUpkeep + R"lua(
if redis.call('GET', KEYS[3]) ~= ARGV[1] then return 0 end
local run, value, size = runId(), redis.call('GET', KEYS[2]), tonumber(ARGV[4])
if not isValid(value, run) or string.sub(ARGV[1], -#run) ~= run or ARGV[2] > string.sub(value, 1, 19) then
  redis.call('DEL', KEYS[3])
  return 0
end
setNote(redis.call('GET', KEYS[4]))
settle(size)
local entries = {unpack(ARGV, 5)}
if #entries > 0 then
  place(entries, size)
  rotate(size)
end
saveNote()
redis.call('SET', KEYS[2], ARGV[2] .. ARGV[3] .. run)
if ARGV[3] == kWhole then redis.call('DEL', KEYS[3]) end
return 1
)lua");
    return script;
}

} // namespace backend::timeline_scripts
