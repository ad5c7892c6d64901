#include "backend/cache/floor_adoption.h"

#include "backend/cache/redis_client.h"
#include "backend/cache/timeline_keys.h"

namespace backend {
namespace {

constexpr auto kPiece = "5000"; // keys: some milliseconds of the node's time

// Looks and writes inside the node, so that no key travels. ARGV: the cursor, how many keys, the former
// run_id, the layouts. Replies: the next cursor, how many floors were adopted, how many keys there were.
const RedisScript& adoptPiece()
{
    static const RedisScript script(R"lua(
local former, adopted = ARGV[3], 0
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local found = redis.call('SCAN', ARGV[1], 'COUNT', ARGV[2])
for _, key in ipairs(found[2]) do
  local kind = string.match(key, '^{%d+}:%a+%-(%a+)')
  if kind == 'floor' then
    local value = redis.call('GET', key)
    local layout = value and string.sub(value, 20, 22)
    if (layout == ARGV[4] or layout == ARGV[5]) and string.sub(value, 23) == former then
      redis.call('SET', key, string.sub(value, 1, 22) .. run)
      adopted = adopted + 1
    end
  elseif kind == 'build' then
    redis.call('DEL', key)
  end
end
return {found[1], adopted, #found[2]}
)lua");
    return script;
}

} // namespace

Result<FloorAdoption> adoptFloors(const NodeEndpoint& node, const std::string& formerRunId, Deadline deadline)
{
    FloorAdoption done;
    if (formerRunId.empty()) return done;
    RedisClient client({node});
    RedisBatch batch(client);
    std::string cursor = "0";
    do {
        if (deadline.expired())
            return fail(ErrorCode::DeadlineExceeded,
                        node.name +
                            " holds more timelines than could be adopted in time: the others are rebuilt.");
        batch.clear();
        batch.addScript(
            node.id, adoptPiece(), {},
            {cursor, kPiece, formerRunId, std::string(kFloorLayout), std::string(kPartFloorLayout)});
        ROOKERY_TRY(batch.run(deadline));
        const auto& parts = batch.reply(0)->elements;
        if (parts.size() != 3)
            return fail(ErrorCode::Internal, node.name + " answered an adoption with something else");
        cursor = parts[0].text;
        done.adopted += parts[1].integer;
        done.keys += parts[2].integer;
    } while (cursor != "0");
    return done;
}

} // namespace backend
