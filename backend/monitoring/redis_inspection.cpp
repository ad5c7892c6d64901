#include "backend/monitoring/redis_inspection.h"

#include "backend/cache/redis_info.h"

#include <array>
#include <charconv>
#include <cstdio>

namespace backend {
namespace {

using Words = RedisInfoWords;

std::string_view word(const Words& words, std::string_view key)
{
    const auto found = words.find(key);
    return found == words.end() ? std::string_view() : std::string_view(found->second);
}

template <class Number>
Number numberIn(std::string_view text, Number otherwise = -1)
{
    Number value = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::int64_t number(const Words& words, std::string_view key)
{
    return numberIn<std::int64_t>(word(words, key));
}

// "ip=10.0.0.7,port=6379,state=online" and "keys=3,expires=1"
Words fieldsOf(std::string_view text)
{
    Words out;
    while (!text.empty()) {
        const auto end = text.find(',');
        const auto field = text.substr(0, end);
        if (const auto equals = field.find('='); equals != std::string_view::npos)
            out.emplace(field.substr(0, equals), field.substr(equals + 1));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return out;
}

TimePoint timeOfSeconds(std::int64_t seconds)
{
    return TimePoint(std::chrono::seconds(seconds));
}

// The value of a CONFIG GET of one setting.
Result<std::string> setting(const Result<RedisReply>& reply, const char* name)
{
    if (!reply) return fail(reply.error());
    if (reply->elements.size() < 2)
        return fail(ErrorCode::NotFound, std::string("the server has no setting ") + name);
    return reply->elements[1].text;
}

std::int64_t settingNumber(const Result<RedisReply>& reply, const char* name)
{
    const auto value = setting(reply, name);
    return value ? numberIn<std::int64_t>(*value) : -1;
}

RedisMemoryFigures memoryOf(const Words& info)
{
    RedisMemoryFigures out;
    out.usedBytes = number(info, "used_memory");
    out.peakBytes = number(info, "used_memory_peak");
    out.residentBytes = number(info, "used_memory_rss");
    out.datasetBytes = number(info, "used_memory_dataset");
    out.mostBytes = number(info, "maxmemory");
    out.fragmentation = numberIn<double>(word(info, "mem_fragmentation_ratio"));
    out.policy = word(info, "maxmemory_policy");
    return out;
}

RedisPersistenceFigures persistenceOf(const Words& info, const Result<RedisReply>& save)
{
    RedisPersistenceFigures out;
    out.loading = word(info, "loading") == "1";
    out.aofEnabled = word(info, "aof_enabled") == "1";
    out.saving = word(info, "rdb_bgsave_in_progress") == "1";
    out.rewriting = word(info, "aof_rewrite_in_progress") == "1";
    out.lastSaveStatus = word(info, "rdb_last_bgsave_status");
    out.lastAofWriteStatus = word(info, "aof_last_write_status");
    out.everSaved = number(info, "rdb_saves") != 0; // before 7.0 nobody knows; the time may be its start
    if (const auto at = number(info, "rdb_last_save_time"); at > 0 && out.everSaved)
        out.lastSaveAt = timeOfSeconds(at);
    out.changesSinceSave = number(info, "rdb_changes_since_last_save");
    if (auto points = setting(save, "save")) out.savePoints = std::move(*points);
    return out;
}

RedisReplicationFigures replicationOf(const Words& info)
{
    RedisReplicationFigures out;
    out.replica = word(info, "role") == "slave";
    out.offset = number(info, out.replica ? "slave_repl_offset" : "master_repl_offset");
    if (out.replica) {
        out.primary = std::string(word(info, "master_host")) + ":" + std::string(word(info, "master_port"));
        out.linkUp = word(info, "master_link_status") == "up";
        out.silentSeconds = number(info, "master_last_io_seconds_ago");
    }
    for (int i = 0; i < kMostReplicas; ++i) {
        const auto line = word(info, "slave" + std::to_string(i));
        if (line.empty()) break;
        const auto fields = fieldsOf(line);
        RedisReplica replica;
        replica.address = std::string(word(fields, "ip")) + ":" + std::string(word(fields, "port"));
        replica.state = word(fields, "state");
        if (const auto offset = number(fields, "offset"); offset >= 0 && out.offset >= offset)
            replica.lagBytes = out.offset - offset;
        replica.lastAckSeconds = number(fields, "lag");
        out.replicas.push_back(std::move(replica));
    }
    return out;
}

RedisClientFigures clientsOf(const Words& info, std::int64_t most)
{
    RedisClientFigures out;
    out.connected = number(info, "connected_clients");
    out.most = most >= 0 ? most : number(info, "maxclients");
    out.blocked = number(info, "blocked_clients");
    out.rejectedTotal = number(info, "rejected_connections");
    out.largestOutputBytes = number(info, "client_recent_max_output_buffer");
    out.largestInputBytes = number(info, "client_recent_max_input_buffer");
    return out;
}

RedisKeyFigures keyFiguresOf(const Words& info, RedisWindow& window)
{
    const RedisCounters now{number(info, "keyspace_hits"),
                            number(info, "keyspace_misses"),
                            number(info, "total_commands_processed"),
                            number(info, "evicted_keys"),
                            number(info, "expired_keys"),
                            number(info, "total_net_input_bytes"),
                            number(info, "total_net_output_bytes")};
    RedisKeyFigures out;
    out.evictedTotal = now.evicted;
    out.expiredTotal = now.expired;
    const auto earlier = window.add(std::chrono::steady_clock::now(), std::string(word(info, "run_id")), now);
    if (!earlier) return out;
    const auto& before = earlier->counters;
    out.windowSeconds = earlier->seconds;
    const auto rate = [&](std::int64_t RedisCounters::*count) { // less than before: CONFIG RESETSTAT
        return before.*count >= 0 && now.*count >= before.*count
                   ? double(now.*count - before.*count) / earlier->seconds
                   : -1;
    };
    const double hits = rate(&RedisCounters::hits), misses = rate(&RedisCounters::misses);
    if (hits >= 0 && misses >= 0) {
        out.lookupsPerSecond = hits + misses;
        if (hits + misses > 0) out.hitRatio = hits / (hits + misses);
    }
    out.commandsPerSecond = rate(&RedisCounters::commands);
    out.evictedPerSecond = rate(&RedisCounters::evicted);
    out.expiredPerSecond = rate(&RedisCounters::expired);
    out.receivedBytesPerSecond = rate(&RedisCounters::receivedBytes);
    out.sentBytesPerSecond = rate(&RedisCounters::sentBytes);
    return out;
}

std::vector<RedisDatabase> keyspaceOf(const Words& info)
{
    std::vector<RedisDatabase> out;
    for (auto at = info.lower_bound("db0"); at != info.end() && at->first.starts_with("db"); ++at) {
        const auto fields = fieldsOf(at->second);
        RedisDatabase database;
        database.number = numberIn<int>(std::string_view(at->first).substr(2));
        database.keys = number(fields, "keys");
        database.expiring = number(fields, "expires");
        if (database.number >= 0) out.push_back(database);
    }
    return out;
}

std::string commandText(const RedisReply& words)
{
    std::string out;
    for (const auto& one : words.elements) {
        if (!out.empty()) out += ' ';
        const bool quoted = one.text.empty() || one.text.find(' ') != std::string::npos;
        out += quoted ? '"' + one.text + '"' : one.text;
        if (out.size() > kMostTextBytes) break;
    }
    return boundedText(out, kMostTextBytes);
}

NodePart<RedisSlowLog> slowLogOf(const Result<RedisReply>& entries, const Result<RedisReply>& length,
                                 const Result<RedisReply>& threshold)
{
    if (!entries) return {{}, entries.error().message};
    RedisSlowLog out;
    if (const auto value = setting(threshold, "slowlog-log-slower-than")) {
        out.thresholdMicroseconds = numberIn<std::int64_t>(*value);
        out.thresholdKnown = true;
    }
    if (length) out.length = length->integer;
    for (const auto& entry : entries->elements) {
        const auto& fields = entry.elements;
        if (fields.size() < 4) continue;
        SlowCommand command;
        command.id = fields[0].integer;
        command.at = timeOfSeconds(fields[1].integer);
        command.microseconds = fields[2].integer;
        command.command = commandText(fields[3]);
        if (fields.size() > 5) {
            command.client = boundedText(fields[4].text, kMostTextBytes);
            command.clientName = boundedText(fields[5].text, kMostTextBytes);
        }
        out.newestFirst.push_back(std::move(command));
    }
    return {std::move(out), {}};
}

NodePart<RedisLatency> latencyOf(const Result<RedisReply>& latest, const Result<RedisReply>& threshold)
{
    if (!latest) return {{}, latest.error().message};
    RedisLatency out;
    out.thresholdMs = settingNumber(threshold, "latency-monitor-threshold");
    for (const auto& event : latest->elements) {
        const auto& fields = event.elements;
        if (fields.size() < 4) continue;
        out.events.push_back({boundedText(fields[0].text, kMostTextBytes), timeOfSeconds(fields[1].integer),
                              fields[2].integer, fields[3].integer});
    }
    return {std::move(out), {}};
}

} // namespace

std::string boundedText(std::string_view text, std::size_t most)
{
    const bool cut = text.size() > most;
    if (cut) {
        text = text.substr(0, most);
        while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80)
            text.remove_suffix(1); // bytes that continue a character
        if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0) text.remove_suffix(1);
    }
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) {
            out += c;
            continue;
        }
        std::array<char, 8> code{};
        std::snprintf(code.data(), code.size(), "\\x%02x",
                      static_cast<unsigned>(static_cast<unsigned char>(c)));
        out += code.data();
    }
    return cut ? out + "…" : out;
}

Result<RedisDetails> inspectRedis(RedisClient& client, int node, RedisWindow& window, Deadline deadline)
{
    enum { Info, Save, MaxClients, SlowerThan, LatencyThreshold, SlowLog, SlowLogLength, Latency };
    RedisBatch batch(client);
    batch.add(node, {"INFO"});
    for (const auto* name : {"save", "maxclients", "slowlog-log-slower-than", "latency-monitor-threshold"})
        batch.add(node, {"CONFIG", "GET", name});
    batch.add(node, {"SLOWLOG", "GET", std::to_string(kMostSlowCommands)});
    batch.add(node, {"SLOWLOG", "LEN"});
    batch.add(node, {"LATENCY", "LATEST"});
    std::ignore = batch.run(deadline); // each reply has its own error
    if (!batch.reply(Info)) return fail(batch.reply(Info).error());
    const auto info = redisInfoWords(batch.reply(Info)->text);
    RedisDetails out;
    out.memory.value = memoryOf(info);
    out.persistence.value = persistenceOf(info, batch.reply(Save));
    out.replication.value = replicationOf(info);
    out.clients.value = clientsOf(info, settingNumber(batch.reply(MaxClients), "maxclients"));
    out.keys.value = keyFiguresOf(info, window);
    out.keyspace.value = keyspaceOf(info);
    out.slowLog = slowLogOf(batch.reply(SlowLog), batch.reply(SlowLogLength), batch.reply(SlowerThan));
    out.latency = latencyOf(batch.reply(Latency), batch.reply(LatencyThreshold));
    return out;
}

} // namespace backend
