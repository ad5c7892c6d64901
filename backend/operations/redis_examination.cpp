// One Redis node: what INFO and CONFIG say, and whether this user may do what the engine does.
#include "backend/operations/examination.h"

#include "backend/cache/redis_address.h"
#include "backend/cache/redis_client.h"

#include <charconv>
#include <cstdio>

namespace backend {
namespace {

using Words = std::map<std::string, std::string, std::less<>>;

constexpr int kOldestMajor = 6, kOldestMinor = 2, kTestedMajor = 7;
// Timelines lie in sorted sets of at most 127 entries whose members have 19 digits.
constexpr std::int64_t kListpackEntries = 128, kListpackValue = 64;
// What a segment may grow to in a burst or by backfills before it is cut.
constexpr std::int64_t kRoomyEntries = 256;
constexpr double kMemoryHigh = 0.80, kMemoryFull = 0.95;
constexpr double kFragmented = 1.5, kFragmentationMattersBytes = 256.0 * (1 << 20);
constexpr double kClientsHigh = 0.8;

Words infoWords(std::string_view text)
{
    Words out;
    while (!text.empty()) {
        const auto end = text.find_first_of("\r\n");
        const auto line = text.substr(0, end);
        if (const auto colon = line.find(':'); colon != std::string_view::npos && !line.starts_with('#'))
            out.emplace(line.substr(0, colon), line.substr(colon + 1));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return out;
}

std::string_view word(const Words& words, std::string_view key)
{
    const auto found = words.find(key);
    return found == words.end() ? std::string_view() : std::string_view(found->second);
}

std::int64_t number(const Words& words, std::string_view key, std::int64_t otherwise = -1)
{
    const auto text = word(words, key);
    std::int64_t value = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

class RedisExamination
{
public:
    RedisExamination(const NodeEndpoint& node, const ExaminedCluster& cluster, const DoctorInputs& inputs,
                     const WallClock& clock, Deadline deadline)
        : m_node(node)
        , m_cluster(cluster)
        , m_inputs(inputs)
        , m_clock(clock)
        , m_deadline(deadline)
        , m_client({node})
        , m_findings(m_facts.findings)
    {
        m_facts.checkup.id = node.id;
        m_facts.checkup.name = m_findings.node = node.name;
        m_facts.checkup.kind = node.kind;
    }

    NodeFacts run()
    {
        const auto info = m_client.command(m_node.id, {"INFO"}, m_deadline);
        if (!info) {
            m_findings.add(Severity::Error, "node.unreachable", info.error().message,
                           "until it answers, its readers' pages come from PostgreSQL; the rest of the "
                           "cluster works on");
            return std::move(m_facts);
        }
        m_info = infoWords(info->text);
        m_facts.checkup.answered = true;
        m_facts.checkup.version = "Redis " + std::string(word(m_info, "redis_version"));
        m_facts.server = std::string(word(m_info, "run_id")) + databaseOf();
        readConfig();
        checkVersion();
        checkState();
        checkMemory();
        checkPersistence();
        checkListpacks();
        checkClients();
        checkHost();
        checkRights();
        checkClock();
        return std::move(m_facts);
    }

private:
    std::string databaseOf() const
    {
        const auto address = parseRedisAddress(m_node.address);
        return address ? " database " + std::to_string(address->database) : "";
    }

    std::string configSet(const std::string& setting, const std::string& value) const
    {
        return redisCommand(m_node, "CONFIG SET " + setting + " " + value) + " && " +
               redisCommand(m_node, "CONFIG REWRITE");
    }

    void readConfig()
    {
        const auto config = m_client.command(m_node.id, {"CONFIG", "GET", "*"}, m_deadline);
        if (!config) {
            m_findings.add(Severity::Note, "redis.config",
                           "its settings cannot be read: " + config.error().message,
                           "allow this user CONFIG GET, or check maxmemory-policy and "
                           "zset-max-listpack-entries by hand");
            return;
        }
        for (std::size_t i = 0; i + 1 < config->elements.size(); i += 2)
            m_config.emplace(config->elements[i].text, config->elements[i + 1].text);
    }

    void checkVersion()
    {
        int major = 0, minor = 0;
        const std::string version(word(m_info, "redis_version"));
        if (std::sscanf(version.c_str(), "%d.%d", &major, &minor) != 2) return;
        if (major < kOldestMajor || (major == kOldestMajor && minor < kOldestMinor))
            m_findings.add(Severity::Error, "redis.version", "it is version " + version,
                           "install 6.2 or newer; 7.0 is what is tested");
        else if (major < kTestedMajor)
            m_findings.add(Severity::Note, "redis.version", "it is version " + version,
                           "7.0 and newer are what is tested");
    }

    void checkState()
    {
        if (word(m_info, "role") == "slave")
            m_findings.add(Severity::Error, "redis.replica",
                           "it is a replica of " + std::string(word(m_info, "master_host")) +
                               " and refuses every write",
                           "give the address of the primary");
        if (word(m_info, "loading") == "1")
            m_findings.add(Severity::Error, "redis.loading", "it is still reading its data file",
                           "wait until it has finished");
        const auto policy = word(m_info, "maxmemory_policy");
        if (policy.starts_with("allkeys-"))
            m_findings.add(Severity::Error, "redis.maxmemory_policy",
                           "maxmemory-policy is " + std::string(policy) +
                               ": it throws away timelines, which carry no expiry",
                           "set noeviction, or a volatile- policy, which only takes cached objects",
                           configSet("maxmemory-policy", "noeviction"));
        if (!parseRedisAddress(m_node.address)->password.empty() || isLocal(m_node)) return;
        m_findings.add(Severity::Warning, "redis.no_password",
                       "it is reached over the network without a password",
                       "whoever reaches it can read and flush every timeline: set requirepass or an ACL "
                       "user, and put it into the address");
    }

    void checkMemory()
    {
        const auto used = double(number(m_info, "used_memory")),
                   most = double(number(m_info, "maxmemory", 0));
        const auto system = double(number(m_info, "total_system_memory", 0));
        const bool limited = most > 0;
        const double room = limited ? most : system;
        if (room > 0 && used >= room * kMemoryHigh)
            m_findings.add(
                used >= room * kMemoryFull ? Severity::Error : Severity::Warning, "redis.memory",
                humanBytes(used) + " of " + humanBytes(room) +
                    (limited ? " (maxmemory)" : " (the machine's memory)") + " are used",
                limited
                    ? "writes are refused when it is full: raise maxmemory, add Redis nodes or lower "
                      "timelines.cap (rookeryctl capacity"
                      " tells what each saves)"
                    : "the kernel ends it when the machine is full: add Redis nodes or lower timelines.cap");
        if (!limited && !m_cluster.throwAway && !m_config.empty())
            m_findings.add(
                Severity::Note, "redis.maxmemory",
                "maxmemory is not set; the machine has " + humanBytes(system),
                "set it to what this node may take, so that it refuses writes instead of being killed",
                redisCommand(m_node, "CONFIG SET maxmemory SIZE"));
        const auto resident = double(number(m_info, "used_memory_rss", 0));
        if (used >= kFragmentationMattersBytes && resident > used * kFragmented)
            m_findings.add(Severity::Warning, "redis.fragmentation",
                           "it holds " + humanBytes(resident) + " of memory for " + humanBytes(used) +
                               " of data",
                           "let it defragment itself", configSet("activedefrag", "yes"));
    }

    bool persists() const { return word(m_config, "appendonly") == "yes" || !word(m_config, "save").empty(); }

    void checkPersistence()
    {
        if (word(m_info, "rdb_last_bgsave_status") == "err" &&
            word(m_config, "stop-writes-on-bgsave-error") == "yes" && !word(m_config, "save").empty())
            m_findings.add(Severity::Error, "redis.bgsave",
                           "its last save failed, and it refuses writes until one succeeds",
                           "look at its log: a full disk, or no memory to fork");
        if (word(m_info, "aof_last_write_status") == "err")
            m_findings.add(Severity::Error, "redis.aof",
                           "its append-only file cannot be written, so it refuses writes",
                           "free space on its disk");
        if (m_config.empty()) return;
        if (word(m_config, "appendonly") == "yes" && word(m_config, "appendfsync") == "always")
            m_findings.add(Severity::Warning, "redis.appendfsync",
                           "appendfsync is always: every delivery waits for the disk",
                           "everysec is enough: whatever a crash takes is rebuilt from PostgreSQL",
                           configSet("appendfsync", "everysec"));
        if (!persists() && !m_cluster.throwAway)
            m_findings.add(Severity::Note, "redis.persistence", "it keeps nothing on disk",
                           "nothing is lost: after a restart its timelines are rebuilt from PostgreSQL, "
                           "which costs reads meanwhile");
        if (persists() && isLocal(m_node)) checkFreeSpace(std::string(word(m_config, "dir")), m_findings);
    }

    // Beyond these limits a sorted set changes from a listpack into a skiplist of several times the size.
    void checkListpacks()
    {
        for (const auto& [name, old, least] :
             {std::tuple{"zset-max-listpack-entries", "zset-max-ziplist-entries", kListpackEntries},
              std::tuple{"zset-max-listpack-value", "zset-max-ziplist-value", kListpackValue}}) {
            const std::string setting = word(m_config, name).empty() ? old : name;
            const auto value = number(m_config, setting);
            if (value >= least && least == kListpackEntries && value < kRoomyEntries)
                m_findings.add(Severity::Note, "redis.listpack-bursts",
                               setting + " is " + std::to_string(value),
                               "at " + std::to_string(kRoomyEntries) +
                                   " timelines also stay compact while bursts and new "
                                   "follows are worked in",
                               configSet(setting, std::to_string(kRoomyEntries)));
            if (value < 0 || value >= least) continue;
            m_findings.add(Severity::Warning, "redis." + std::string(name),
                           setting + " is " + std::to_string(value) +
                               ": timelines take about five times the memory they need",
                           "set it to " + std::to_string(least) +
                               " or more; present timelines shrink when they are next written or rebuilt",
                           configSet(setting, std::to_string(least)));
        }
    }

    void checkClients()
    {
        const auto clients = number(m_info, "connected_clients"), most = number(m_config, "maxclients");
        if (most > 0 && double(clients) >= double(most) * kClientsHigh)
            m_findings.add(Severity::Warning, "redis.clients",
                           std::to_string(clients) + " of " + std::to_string(most) + " clients are connected",
                           "further engines would be refused: raise maxclients or close other programs",
                           configSet("maxclients", std::to_string(most * 2)));
    }

    // The kernel's settings can be seen where the node runs on this machine.
    void checkHost()
    {
        if (!isLocal(m_node)) return;
        const auto pages = hostFile(m_inputs.hostRoot, "sys/kernel/mm/transparent_hugepage/enabled");
        if (pages && pages->find("[always]") != std::string::npos && word(m_config, "disable-thp") == "no")
            m_findings.add(Severity::Warning, "host.huge_pages",
                           "transparent huge pages are always on and its disable-thp is no: saving copies "
                           "far more memory than it writes",
                           "start it with disable-thp yes, or turn them off for the machine",
                           "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled");
        const auto overcommit = hostFile(m_inputs.hostRoot, "proc/sys/vm/overcommit_memory");
        if (overcommit && overcommit->starts_with('0') && persists())
            m_findings.add(Severity::Warning, "host.overcommit",
                           "vm.overcommit_memory is 0 and this node saves: under low memory the fork fails, "
                           "and with it the save",
                           "let the kernel overcommit", "sysctl vm.overcommit_memory=1");
    }

    // The commands that the engine needs, each in a form that changes nothing: on a key that nobody has, only
    // if present.
    void checkRights()
    {
        const std::string key = "{0}:home:0";
        const std::vector<std::vector<std::string>> needed{{"ZADD", key, "XX", "0", "0"},
                                                           {"ZREM", key, "0"},
                                                           {"ZRANGE", key, "0", "0"},
                                                           {"ZRANGEBYSCORE", key, "0", "0"},
                                                           {"ZREMRANGEBYRANK", key, "0", "0"},
                                                           {"ZREMRANGEBYSCORE", key, "0", "0"},
                                                           {"ZCARD", key},
                                                           {"RENAME", key, key},
                                                           {"SET", key, "0", "XX"},
                                                           {"GET", "{0}:home-floor:0"},
                                                           {"MGET", "{0}:home-floor:0"},
                                                           {"EXISTS", key},
                                                           {"DEL", key},
                                                           {"UNLINK", key},
                                                           {"EVAL", "return 1", "0"},
                                                           {"SCRIPT", "EXISTS", "0"},
                                                           {"CLIENT", "KILL", "ID", "9223372036854775807"},
                                                           {"SCAN", "0", "COUNT", "1"},
                                                           {"MEMORY", "USAGE", key},
                                                           {"OBJECT", "ENCODING", key},
                                                           {"DBSIZE"}};
        RedisBatch batch(m_client);
        for (const auto& command : needed)
            batch.add(m_node.id, command);
        std::ignore = batch.run(m_deadline);
        std::string refused, first;
        for (std::size_t i = 0; i < needed.size(); ++i) {
            const auto& reply = batch.reply(i);
            if (reply || reply.error().message.find("no such key") != std::string::npos)
                continue; // RENAME finds none
            refused += (refused.empty() ? "" : ", ") + needed[i].front();
            if (first.empty()) first = reply.error().message;
        }
        if (!refused.empty())
            m_findings.add(Severity::Error, "redis.rights",
                           "the engine needs " + refused + " and is refused: " + first,
                           "let its user do so (ACL SETUSER), or lift what stands in the way");
    }

    void checkClock()
    {
        const auto reading = readClock(m_clock, [this]() -> Result<double> {
            ROOKERY_ASSIGN(const auto time, m_client.command(m_node.id, {"TIME"}, m_deadline));
            if (time.elements.size() != 2)
                return fail(ErrorCode::Internal, "TIME was answered with something else");
            return std::stod(time.elements[0].text) + std::stod(time.elements[1].text) / 1e6;
        });
        if (!reading) return m_findings.notMade("redis.clock", reading.error());
        m_facts.checkup.roundTripMs = reading->roundTripMs;
        m_facts.checkup.clockAheadMs = reading->aheadMs;
        m_facts.checkup.clockUncertaintyMs = reading->uncertaintyMs();
    }

    const NodeEndpoint& m_node;
    const ExaminedCluster& m_cluster;
    const DoctorInputs& m_inputs;
    const WallClock& m_clock;
    const Deadline m_deadline;
    RedisClient m_client;
    NodeFacts m_facts;
    Findings& m_findings;
    Words m_info, m_config;
};

} // namespace

NodeFacts examineRedis(const NodeEndpoint& node, const ExaminedCluster& cluster, const DoctorInputs& inputs,
                       const WallClock& clock, Deadline deadline)
{
    return RedisExamination(node, cluster, inputs, clock, deadline).run();
}

} // namespace backend
