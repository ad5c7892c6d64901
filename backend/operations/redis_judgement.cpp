#include "backend/operations/redis_judgement.h"

#include "backend/cache/redis_address.h"

#include <charconv>
#include <cstdio>
#include <tuple>

namespace backend {
namespace {

constexpr int kOldestMajor = 6, kOldestMinor = 2, kTestedMajor = 7;
// Timelines lie in sorted sets of at most 127 entries whose members have 19 digits.
constexpr std::int64_t kListpackEntries = 128, kListpackValue = 64;
// What a segment may grow to in a burst or by backfills before it is cut.
constexpr std::int64_t kRoomyEntries = 256;
constexpr double kMemoryHigh = 0.80, kMemoryFull = 0.95;
constexpr double kFragmented = 1.5, kFragmentationMattersBytes = 256.0 * (1 << 20);
constexpr double kClientsHigh = 0.8;

std::string_view word(const RedisTexts::Words& words, std::string_view key)
{
    const auto found = words.find(key);
    return found == words.end() ? std::string_view() : std::string_view(found->second);
}

std::int64_t number(const RedisTexts::Words& words, std::string_view key, std::int64_t otherwise = -1)
{
    const auto text = word(words, key);
    std::int64_t value = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

class RedisJudgement
{
public:
    RedisJudgement(const RedisTexts& texts, const NodeEndpoint& node, bool throwAway,
                   const std::filesystem::path& hostRoot, Findings& findings)
        : m_texts(texts)
        , m_node(node)
        , m_throwAway(throwAway)
        , m_hostRoot(hostRoot)
        , m_findings(findings)
    {
    }

    void run()
    {
        checkVersion();
        checkState();
        checkMemory();
        checkPersistence();
        checkListpacks();
        checkClients();
        checkHost();
    }

private:
    std::string configSet(const std::string& setting, const std::string& value) const
    {
        return redisCommand(m_node, "CONFIG SET " + setting + " " + value) + " && " +
               redisCommand(m_node, "CONFIG REWRITE");
    }

    void checkVersion()
    {
        int major = 0, minor = 0;
        const std::string version(word(m_texts.info, "redis_version"));
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
        if (word(m_texts.info, "role") == "slave")
            m_findings.add(Severity::Error, "redis.replica",
                           "it is a replica of " + std::string(word(m_texts.info, "master_host")) +
                               " and refuses every write",
                           "give the address of the primary");
        if (word(m_texts.info, "loading") == "1")
            m_findings.add(Severity::Error, "redis.loading", "it is still reading its data file",
                           "wait until it has finished");
        const auto policy = word(m_texts.info, "maxmemory_policy");
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
        const auto used = double(number(m_texts.info, "used_memory")),
                   most = double(number(m_texts.info, "maxmemory", 0));
        const auto system = double(number(m_texts.info, "total_system_memory", 0));
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
        if (!limited && !m_throwAway && !m_texts.config.empty())
            m_findings.add(
                Severity::Note, "redis.maxmemory",
                "maxmemory is not set; the machine has " + humanBytes(system),
                "set it to what this node may take, so that it refuses writes instead of being killed",
                redisCommand(m_node, "CONFIG SET maxmemory SIZE"));
        const auto resident = double(number(m_texts.info, "used_memory_rss", 0));
        if (used >= kFragmentationMattersBytes && resident > used * kFragmented)
            m_findings.add(Severity::Warning, "redis.fragmentation",
                           "it holds " + humanBytes(resident) + " of memory for " + humanBytes(used) +
                               " of data",
                           "let it defragment itself", configSet("activedefrag", "yes"));
    }

    bool persists() const
    {
        return word(m_texts.config, "appendonly") == "yes" || !word(m_texts.config, "save").empty();
    }

    void checkPersistence()
    {
        if (word(m_texts.info, "rdb_last_bgsave_status") == "err" &&
            word(m_texts.config, "stop-writes-on-bgsave-error") == "yes" &&
            !word(m_texts.config, "save").empty())
            m_findings.add(Severity::Error, "redis.bgsave",
                           "its last save failed, and it refuses writes until one succeeds",
                           "look at its log: a full disk, or no memory to fork");
        if (word(m_texts.info, "aof_last_write_status") == "err")
            m_findings.add(Severity::Error, "redis.aof",
                           "its append-only file cannot be written, so it refuses writes",
                           "free space on its disk");
        if (m_texts.config.empty()) return;
        if (word(m_texts.config, "appendonly") == "yes" && word(m_texts.config, "appendfsync") == "always")
            m_findings.add(Severity::Warning, "redis.appendfsync",
                           "appendfsync is always: every delivery waits for the disk",
                           "everysec is enough: whatever a crash takes is rebuilt from PostgreSQL",
                           configSet("appendfsync", "everysec"));
        if (!persists() && !m_throwAway)
            m_findings.add(Severity::Note, "redis.persistence", "it keeps nothing on disk",
                           "nothing is lost: after a restart its timelines are rebuilt from PostgreSQL, "
                           "which costs reads meanwhile");
        if (persists() && isLocal(m_node))
            checkFreeSpace(std::string(word(m_texts.config, "dir")), m_findings);
    }

    // Beyond these limits a sorted set changes from a listpack into a skiplist of several times the size.
    void checkListpacks()
    {
        for (const auto& [check, old, least] :
             {std::tuple{"redis.zset-max-listpack-entries", "zset-max-ziplist-entries", kListpackEntries},
              std::tuple{"redis.zset-max-listpack-value", "zset-max-ziplist-value", kListpackValue}}) {
            const std::string_view id(check);
            const std::string name(id.substr(id.find('.') + 1));
            const std::string setting = word(m_texts.config, name).empty() ? old : name;
            const auto value = number(m_texts.config, setting);
            if (value >= least && least == kListpackEntries && value < kRoomyEntries)
                m_findings.add(Severity::Note, "redis.listpack-bursts",
                               setting + " is " + std::to_string(value),
                               "at " + std::to_string(kRoomyEntries) +
                                   " timelines also stay compact while bursts and new "
                                   "follows are worked in",
                               configSet(setting, std::to_string(kRoomyEntries)));
            if (value < 0 || value >= least) continue;
            m_findings.add(Severity::Warning, check,
                           setting + " is " + std::to_string(value) +
                               ": timelines take about five times the memory they need",
                           "set it to " + std::to_string(least) +
                               " or more; present timelines shrink when they are next written or rebuilt",
                           configSet(setting, std::to_string(least)));
        }
    }

    void checkClients()
    {
        const auto clients = number(m_texts.info, "connected_clients"),
                   most = number(m_texts.config, "maxclients");
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
        const auto pages = hostFile(m_hostRoot, "sys/kernel/mm/transparent_hugepage/enabled");
        if (pages && pages->find("[always]") != std::string::npos &&
            word(m_texts.config, "disable-thp") == "no")
            m_findings.add(Severity::Warning, "host.huge_pages",
                           "transparent huge pages are always on and its disable-thp is no: saving copies "
                           "far more memory than it writes",
                           "start it with disable-thp yes, or turn them off for the machine",
                           "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled");
        const auto overcommit = hostFile(m_hostRoot, "proc/sys/vm/overcommit_memory");
        if (overcommit && overcommit->starts_with('0') && persists())
            m_findings.add(Severity::Warning, "host.overcommit",
                           "vm.overcommit_memory is 0 and this node saves: under low memory the fork fails, "
                           "and with it the save",
                           "let the kernel overcommit", "sysctl vm.overcommit_memory=1");
    }

    const RedisTexts& m_texts;
    const NodeEndpoint& m_node;
    const bool m_throwAway;
    const std::filesystem::path& m_hostRoot;
    Findings& m_findings;
};

} // namespace

void judgeRedis(const RedisTexts& texts, const NodeEndpoint& node, bool throwAway,
                const std::filesystem::path& hostRoot, Findings& findings)
{
    RedisJudgement(texts, node, throwAway, hostRoot, findings).run();
}

} // namespace backend
