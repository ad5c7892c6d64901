#include "backend/cache/timeline_scripts.h"

namespace backend::timeline_scripts {

const RedisScript& read()
{
    // Entries of one millisecond share a score: those at or above `before` come first and are passed over.
    static const RedisScript script(R"lua(
local value = redis.call('GET', KEYS[2])
if not value or value == 'void' then return false end
local floor, limit = string.sub(value, 1, 19), tonumber(ARGV[4])
local step, seen, ids = limit + 8, 0, {}
while true do
  local part = redis.call('ZREVRANGEBYSCORE', KEYS[1], ARGV[2], '-inf', 'LIMIT', seen, step)
  for _, id in ipairs(part) do
    if id < ARGV[1] then
      if id < floor then return {value, 1, ids} end
      if #ids == limit or id <= ARGV[3] then return {value, 0, ids} end
      ids[#ids + 1] = id
    end
  end
  if #part < step then return {value, 1, ids} end
  seen = seen + #part
end
)lua");
    return script;
}

const RedisScript& trim()
{
    // While a build is under way nothing is dropped: its floor is chosen already and could not be raised any
    // more.
    static const RedisScript script(R"lua(
if redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
local cap, drop, raise = tonumber(ARGV[1]), 0, nil
local size = redis.call('ZCARD', KEYS[1])
if size > cap + tonumber(ARGV[2]) then
  drop = size - cap
  raise = redis.call('ZRANGE', KEYS[1], drop, drop)[1]
end
local old = redis.call('ZCOUNT', KEYS[1], '-inf', ARGV[3])
if old > drop then
  drop = old
  raise = ARGV[4]
end
if drop == 0 then return 0 end
local value = redis.call('GET', KEYS[2])
if value and value ~= 'void' then
  local floor = string.sub(value, 1, 19)
  local newest = redis.call('ZRANGE', KEYS[1], drop - 1, drop - 1)[1]
  if newest >= floor and raise > floor then redis.call('SET', KEYS[2], raise .. string.sub(value, 20)) end
end
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, drop - 1)
return drop
)lua");
    return script;
}

const RedisScript& backfill()
{
    static const RedisScript script(R"lua(
redis.call('DEL', KEYS[3])
local value = redis.call('GET', KEYS[2])
if not value or ARGV[1] == '' or string.sub(value, 21) ~= ARGV[1] then return -1 end
local floor = string.sub(value, 1, 19)
if ARGV[2] > floor then
  floor = ARGV[2]
  redis.call('SET', KEYS[2], floor .. ' ' .. ARGV[1])
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
end
local pairs_, added = {}, 0
for i = 4, #ARGV, 2 do
  if ARGV[i + 1] >= floor then
    pairs_[#pairs_ + 1] = ARGV[i]
    pairs_[#pairs_ + 1] = ARGV[i + 1]
  end
  if #pairs_ == 1000 or (i + 2 > #ARGV and #pairs_ > 0) then
    added = added + redis.call('ZADD', KEYS[1], unpack(pairs_))
    pairs_ = {}
  end
end
return added
)lua");
    return script;
}

const RedisScript& beginBuild()
{
    static const RedisScript script(R"lua(
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
redis.call('UNLINK', KEYS[1])
redis.call('SET', KEYS[3], token, 'PX', ARGV[3])
return token
)lua");
    return script;
}

const RedisScript& fill()
{
    static const RedisScript script(R"lua(
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('ZADD', KEYS[1], unpack(ARGV, 2))
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
redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. run)
return 1
)lua");
    return script;
}

} // namespace backend::timeline_scripts
