#include "backend/common/config.h"

#include <toml++/toml.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <numeric>
#include <optional>
#include <set>
#include <sstream>
#include <unistd.h>

namespace backend {
namespace {

constexpr std::array kServerRoles{Role::Directory, Role::Users, Role::Posts};

std::string_view typeName(toml::node_type type)
{
    switch (type) {
    case toml::node_type::string:
        return "a text";
    case toml::node_type::integer:
        return "a whole number";
    case toml::node_type::floating_point:
        return "a fraction";
    case toml::node_type::boolean:
        return "true or false";
    case toml::node_type::array:
        return "a list";
    case toml::node_type::table:
        return "a table";
    default:
        return "a date or time";
    }
}

bool holdsPassword(std::string_view address)
{
    if (const auto scheme = address.find("://"); scheme != std::string_view::npos) {
        const auto user = address.substr(scheme + 3, address.find('@', scheme) - scheme - 3);
        return address.find('@', scheme) != std::string_view::npos &&
               user.find(':') != std::string_view::npos;
    }
    return address.find("password") != std::string_view::npos;
}

// How many letters must be put in, left out or replaced.
std::size_t distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t(0));
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t k = 0; k < b.size(); ++k) {
            const auto replaced = diagonal + (a[i] == b[k] ? 0 : 1);
            diagonal = row[k + 1];
            row[k + 1] = std::min({replaced, row[k] + 1, diagonal + 1});
        }
    }
    return row.back();
}

// The known key that somebody may have meant; empty when none is near.
std::string nearest(std::string_view word, const std::set<std::string>& known)
{
    std::string best;
    auto least = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const auto& key : known)
        if (const auto far = distance(word, key); far < least) {
            least = far;
            best = key;
        }
    return best;
}

// Reads one table key by key; the first thing wrong is kept, and what was never asked for is wrong as well.
class TableReader
{
public:
    TableReader(const toml::table& table, std::string path, const std::string& file,
                std::optional<Error>& error)
        : m_table(table)
        , m_path(std::move(path))
        , m_file(file)
        , m_error(error)
    {
    }

    void text(const char* key, std::string& out)
    {
        if (const auto* node = find(key, toml::node_type::string)) {
            out = node->as_string()->get();
            if (out.empty()) wrong(*node, key, "is empty");
        }
    }

    void address(const char* key, std::string& out)
    {
        text(key, out);
        if (const auto* node = m_table.get(key); node && holdsPassword(out))
            wrong(*node, key, "holds a password; put it into ~/.pgpass (or PGPASSWORD) instead");
    }

    int line(const char* key) const // 0: it is not there
    {
        const auto* node = m_table.get(key);
        return node ? int(node->source().begin.line) : 0;
    }

    void yesOrNo(const char* key, bool& out)
    {
        if (const auto* node = find(key, toml::node_type::boolean)) out = node->as_boolean()->get();
    }

    void number(const char* key, int& out, int least, int most)
    {
        const auto* node = find(key, toml::node_type::integer);
        if (!node) return;
        const auto value = node->as_integer()->get();
        if (value < least || value > most) {
            wrong(*node, key,
                  "must be " + std::to_string(least) + " to " + std::to_string(most) + ", not " +
                      std::to_string(value));
            return;
        }
        out = int(value);
    }

    void powerOfTwo(const char* key, int& out, int most)
    {
        number(key, out, 1, most);
        if (const auto* node = m_table.get(key); node && !std::has_single_bit(unsigned(out)))
            wrong(*node, key, "must be a power of two, not " + std::to_string(out));
    }

    void roles(const char* key, std::vector<Role>& out)
    {
        const auto* list = find(key, toml::node_type::array);
        if (!list) return;
        for (const auto& item : *list->as_array()) {
            const auto* word = item.as_string();
            const auto role = std::find_if(kServerRoles.begin(), kServerRoles.end(),
                                           [&](Role r) { return word && word->get() == toString(r); });
            if (role == kServerRoles.end()) {
                wrong(item, key, "may hold \"directory\", \"users\" and \"posts\", nothing else");
                return;
            }
            out.push_back(*role);
        }
    }

    const toml::table* table(const char* key)
    {
        const auto* node = find(key, toml::node_type::table);
        return node ? node->as_table() : nullptr;
    }

    std::vector<const toml::table*> tables(const char* key)
    {
        std::vector<const toml::table*> out;
        if (const auto* list = find(key, toml::node_type::array))
            for (const auto& item : *list->as_array()) {
                if (!item.is_table())
                    wrong(item, key, "must be written as [[" + std::string(key) + "]] tables");
                else
                    out.push_back(item.as_table());
            }
        return out;
    }

    void required(const char* key)
    {
        if (!m_table.contains(key)) keep(m_table.source().begin.line, name(key) + " is missing");
    }

    void noMoreKeys()
    {
        for (const auto& [key, node] : m_table) {
            const std::string_view word = key.str();
            if (m_asked.contains(std::string(word))) continue;
            const auto near = nearest(word, m_asked);
            wrong(node, word,
                  "is not a known key" + (near.empty() ? "" : "; did you mean " + name(near) + "?"));
        }
    }

private:
    const toml::node* find(const char* key, toml::node_type type)
    {
        m_asked.insert(key);
        const auto* node = m_table.get(key);
        if (!node || node->type() == type) return node;
        wrong(*node, key,
              "must be " + std::string(typeName(type)) + ", not " + std::string(typeName(node->type())));
        return nullptr;
    }

    std::string name(std::string_view key) const
    {
        return m_path.empty() ? std::string(key) : m_path + "." + std::string(key);
    }
    void wrong(const toml::node& node, std::string_view key, const std::string& what)
    {
        keep(node.source().begin.line, name(key) + " " + what);
    }
    void keep(toml::source_index line, const std::string& what)
    {
        if (m_error) return;
        const std::string where = line > 0 ? m_file + ":" + std::to_string(line) : m_file;
        m_error = Error{ErrorCode::Configuration, where + ": " + what, false};
    }

    const toml::table& m_table;
    const std::string m_path;
    const std::string& m_file;
    std::optional<Error>& m_error;
    std::set<std::string> m_asked;
};

void readNode(TableReader node, NodeConfig& config, bool postgres)
{
    node.text("name", config.name);
    if (postgres) {
        node.address("address", config.address);
        node.address("owner_address", config.ownerAddress);
        node.roles("roles", config.roles);
        node.required("roles");
    } else {
        node.text("address", config.address);
        config.roles = {Role::Timelines};
    }
    node.required("name");
    node.required("address");
    node.noMoreKeys();
}

void readSections(TableReader& root, ClusterConfig& config, const std::string& file,
                  std::optional<Error>& error)
{
    const auto section = [&](const char* name, const auto& read) {
        if (const auto* table = root.table(name)) {
            TableReader reader(*table, name, file, error);
            read(reader);
            reader.noMoreKeys();
        }
    };
    section("cluster", [&](TableReader& t) {
        t.text("name", config.name);
        t.text("environment", config.environment);
        t.powerOfTwo("shards", config.shards, kMaxShards);
    });
    section("directory", [&](TableReader& t) {
        t.address("address", config.directoryAddress);
        t.required("address");
        config.directoryLine = t.line("address");
    });
    section("engine", [&](TableReader& t) {
        t.number("workers", config.workers, 0, 64);
        t.number("audit_per_second", config.auditPerSecond, 0, 10'000);
    });
    section("pools", [&](TableReader& t) {
        int milliseconds = int(config.connectTimeout.count());
        t.number("connections", config.connections, 1, 1'000);
        t.number("waiters", config.waiters, 0, 100'000);
        t.number("connect_timeout_ms", milliseconds, 100, 600'000);
        config.connectTimeout = std::chrono::milliseconds(milliseconds);
    });
    section("timelines", [&](TableReader& t) {
        int days = int(config.timelineAge.count());
        t.number("cap", config.timelineCap, 10, 100'000);
        t.number("age_days", days, 1, 3'650);
        config.timelineAge = std::chrono::days(days);
        days = int(config.dormantAfter.count());
        t.yesOrNo("keep_past", config.keepPast);
        t.number("dormant_days", days, 0, 3'650);
        config.dormantAfter = std::chrono::days(days);
    });
    section("fanout", [&](TableReader& t) {
        t.number("chunk", config.fanoutChunk, 10, 100'000);
        t.number("reclaim_per_second", config.reclaimPerSecond, 1, 10'000'000);
    });
}

Result<ClusterConfig> configOf(const toml::table& parsed, const std::string& file)
{
    ClusterConfig config;
    std::optional<Error> error;
    TableReader root(parsed, "", file, error);
    readSections(root, config, file, error);
    const auto nodes = [&](const char* name, std::vector<NodeConfig>& out, bool postgres) {
        for (const auto* table : root.tables(name))
            readNode(TableReader(*table, name, file, error), out.emplace_back(), postgres);
    };
    nodes("postgres", config.postgres, true);
    nodes("redis", config.redis, false);
    root.noMoreKeys();
    if (!error && config.directoryAddress.empty())
        error = Error{ErrorCode::Configuration,
                      file + ": directory.address is missing: the PostgreSQL node that holds the directory",
                      false};
    if (error) return fail(std::move(*error));
    return config;
}

std::string quoted(const std::string& value)
{
    std::ostringstream out;
    out << toml::value<std::string>(value);
    return out.str();
}

tl::unexpected<Error> cannotWrite(const std::filesystem::path& file, int number)
{
    return fail(number == ENOSPC ? ErrorCode::DiskFull : ErrorCode::Configuration,
                "cannot write " + file.string() + ": " + std::strerror(number));
}

} // namespace

Result<ClusterConfig> parseClusterToml(std::string_view text, const std::string& fileName)
{
    try {
        return configOf(toml::parse(text, fileName), fileName);
    } catch (const toml::parse_error& e) {
        return fail(ErrorCode::Configuration, fileName + ":" + std::to_string(e.source().begin.line) + ": " +
                                                  std::string(e.description()));
    } catch (const std::exception& e) {
        return fail(ErrorCode::Configuration, fileName + ": " + e.what());
    }
}

Result<ClusterConfig> readClusterToml(const std::filesystem::path& file)
{
    std::error_code error;
    if (std::filesystem::is_directory(file, error))
        return fail(ErrorCode::Configuration, file.string() + " is a directory, not a configuration file");
    std::ifstream in(file, std::ios::binary);
    if (!in)
        return fail(ErrorCode::Configuration, "cannot read " + file.string() + ": " + std::strerror(errno) +
                                                  "; name the cluster's configuration file");
    std::ostringstream text;
    text << in.rdbuf();
    return parseClusterToml(text.str(), file.string());
}

std::vector<std::string> changedKeys(const ClusterConfig& before, const ClusterConfig& after)
{
    std::vector<std::string> keys;
    const auto compare = [&](const char* key, const auto& a, const auto& b) {
        if (a != b) keys.emplace_back(key);
    };
    compare("cluster.name", before.name, after.name);
    compare("cluster.environment", before.environment, after.environment);
    compare("cluster.shards", before.shards, after.shards);
    compare("directory.address", before.directoryAddress, after.directoryAddress);
    compare("engine.workers", before.workers, after.workers);
    compare("engine.audit_per_second", before.auditPerSecond, after.auditPerSecond);
    compare("pools.connections", before.connections, after.connections);
    compare("pools.waiters", before.waiters, after.waiters);
    compare("pools.connect_timeout_ms", before.connectTimeout, after.connectTimeout);
    compare("timelines.cap", before.timelineCap, after.timelineCap);
    compare("timelines.age_days", before.timelineAge, after.timelineAge);
    compare("timelines.keep_past", before.keepPast, after.keepPast);
    compare("timelines.dormant_days", before.dormantAfter, after.dormantAfter);
    compare("fanout.chunk", before.fanoutChunk, after.fanoutChunk);
    compare("fanout.reclaim_per_second", before.reclaimPerSecond, after.reclaimPerSecond);
    compare("postgres", before.postgres, after.postgres);
    compare("redis", before.redis, after.redis);
    return keys;
}

std::string clusterToml(const ClusterConfig& config)
{
    std::ostringstream out;
    out << "[cluster]\nname = " << quoted(config.name) << "\nenvironment = " << quoted(config.environment)
        << "\nshards = " << config.shards << "\n\n[directory]\naddress = " << quoted(config.directoryAddress)
        << "\n\n[engine]\nworkers = " << config.workers << "\naudit_per_second = " << config.auditPerSecond
        << "\n\n[pools]\nconnections = " << config.connections << "\nwaiters = " << config.waiters
        << "\nconnect_timeout_ms = " << config.connectTimeout.count()
        << "\n\n[timelines]\ncap = " << config.timelineCap << "\nage_days = " << config.timelineAge.count()
        << "\nkeep_past = " << (config.keepPast ? "true" : "false")
        << "\ndormant_days = " << config.dormantAfter.count()
        << "\n\n[fanout]\nchunk = " << config.fanoutChunk
        << "\nreclaim_per_second = " << config.reclaimPerSecond << "\n";
    for (const auto& node : config.postgres) {
        out << "\n[[postgres]]\nname = " << quoted(node.name) << "\naddress = " << quoted(node.address)
            << "\n";
        if (!node.ownerAddress.empty()) out << "owner_address = " << quoted(node.ownerAddress) << "\n";
        out << "roles = [";
        for (std::size_t i = 0; i < node.roles.size(); ++i)
            out << (i > 0 ? ", \"" : "\"") << toString(node.roles[i]) << '"';
        out << "]\n";
    }
    for (const auto& node : config.redis)
        out << "\n[[redis]]\nname = " << quoted(node.name) << "\naddress = " << quoted(node.address) << "\n";
    return out.str();
}

Result<void> writeClusterToml(const ClusterConfig& config, const std::filesystem::path& file)
{
    const std::string text = clusterToml(config), half = file.string() + ".new";
    const int out = ::open(half.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (out < 0) return cannotWrite(file, errno);
    std::size_t done = 0;
    int failure = 0;
    while (done < text.size() && failure == 0) {
        const auto written = ::write(out, text.data() + done, text.size() - done);
        if (written > 0)
            done += std::size_t(written);
        else if (written < 0 && errno != EINTR)
            failure = errno;
    }
    ::close(out);
    if (failure == 0 && ::rename(half.c_str(), file.c_str()) != 0) failure = errno;
    if (failure == 0) return {};
    ::unlink(half.c_str());
    return cannotWrite(file, failure);
}

} // namespace backend
