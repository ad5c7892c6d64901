#include "backend/embedded/postgres_server.h"

#include "backend/embedded/leftovers.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sstream>
#include <unistd.h>

namespace backend {
namespace fs = std::filesystem;
namespace {

constexpr int kFirstPort = 5432; // only a part of the socket's name: nothing listens on a port

std::string replaced(std::string_view text, char wanted, std::string_view by)
{
    std::string result;
    for (const char c : text) {
        if (c == wanted)
            result += by;
        else
            result += c;
    }
    return result;
}

std::string configuration(const fs::path& sockets, const fs::path& data, int port, bool kept)
{
    std::ostringstream out;
    out << "# Written by rookery at every start.\n"
        << "listen_addresses = ''\nport = " << port << "\nunix_socket_directories = '\""
        << replaced(sockets.string(), '\'', "''") << "\"'\nunix_socket_permissions = 0700\n"
        << "cluster_name = '" << clusterName(data)
        << "'\nmax_connections = 200\n"
        // A migration creates every table of a node's shards in one transaction, each with a lock.
        << "max_locks_per_transaction = 256\n"
        << "shared_buffers = 128MB\nwork_mem = 8MB\nmaintenance_work_mem = 64MB\njit = off\n"
        // Containers often have a tiny /dev/shm, and a killed server would leave its segments there.
        << "dynamic_shared_memory_type = mmap\nmax_parallel_workers_per_gather = 0\n"
        << "max_wal_size = 1GB\nmin_wal_size = 80MB\ncheckpoint_timeout = 15min\nrandom_page_cost = 1.1\n"
        // The queue's tables are small and hot: vacuumed often and at once, they stay small.
        << "autovacuum_naptime = 5s\nautovacuum_vacuum_cost_limit = 5000\nautovacuum_vacuum_scale_factor = "
           "0.1\n"
        << "autovacuum_analyze_scale_factor = 0.05\ntrack_io_timing = off\n"
        << "log_min_messages = warning\nlog_checkpoints = off\nlog_line_prefix = '%m [%p] '\n"
        << "timezone = 'UTC'\nlog_timezone = 'UTC'\ndatestyle = 'iso, mdy'\nlc_messages = 'C'\n"
        << "default_text_search_config = 'pg_catalog.simple'\n";
    // Kept data survives the machine, a temporary demo only its servers' deaths: it ends with the program
    // anyway. Commits reach the kernel in both, so a killed server loses nothing acknowledged (pgbench: no
    // slower than off).
    const char* safe = kept ? "on" : "off";
    out << "synchronous_commit = on\nfsync = " << safe << "\nfull_page_writes = " << safe << '\n';
    return out.str();
}

constexpr auto kAccess =
    "# Only the owner of the socket directory (0700) can reach a socket.\nlocal all all trust\n"
    "local replication all trust\n";

std::string connection(const fs::path& sockets, int port, const char* role)
{
    const std::string escaped = replaced(replaced(sockets.string(), '\\', "\\\\"), '\'', "\\'");
    const std::string host =
        escaped.find(' ') == std::string::npos && escaped == sockets.string() ? escaped : "'" + escaped + "'";
    return "host=" + host + " port=" + std::to_string(port) + " dbname=rookery user=" + role;
}

// The postmaster's own word: pg_ctl reads the same line (first the pid, eighth the state).
bool saysReady(const fs::path& data, pid_t pid)
{
    std::istringstream in(readFile(data / "postmaster.pid"));
    std::string line, state;
    for (int number = 1; std::getline(in, line); ++number) {
        if (number == 1 && std::atol(line.c_str()) != long(pid)) return false;
        if (number == 8) state = line;
    }
    return state.starts_with("ready");
}

// Kept data must be on the disk before the first commit relies on it.
Result<void> makeData(const fs::path& data, const fs::path& source,
                      const std::optional<ProcessIdentity>& identity, bool kept)
{
    const fs::path half = data.string() + ".new";
    removeTree(half); // a killed program's
    if (auto copied = copyTree(source, half, identity); !copied) {
        removeTree(half);
        return copied;
    }
    if (kept) {
        const FileDescriptor disk(open(half.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!disk || syncfs(disk.get()) != 0) return fail(fileError("cannot be written", half, errno));
    }
    return renamePath(half, data);
}

} // namespace

ServerSpec postgresServer(const DataDirectory& directory, int number, const fs::path& bin,
                          const fs::path& source)
{
    const std::string name = "pg-" + std::to_string(number);
    const fs::path data = directory.path() / name;
    const fs::path sockets = directory.sockets();
    const int port = kFirstPort + number - 1;
    ServerSpec spec;
    spec.node.name = name;
    spec.node.kind = NodeKind::Postgres;
    spec.node.address = connection(sockets, port, "rookery_engine");
    spec.node.ownerAddress = connection(sockets, port, "rookery_owner");
    spec.node.dataDirectory = data;
    spec.plan.command = {(bin / "postgres").string(), "-D", data.string()};
    spec.plan.workingDirectory = data;
    spec.plan.output = directory.path() / (name + ".log");
    spec.plan.identity = directory.identity();
    // SIGQUIT ends it at once; kept data gets SIGINT, which ends sessions and still writes a checkpoint.
    // Never SIGTERM: that waits for clients, and a client of another program may stay for ever.
    spec.plan.deathSignal = spec.stopSignal = directory.temporary() ? SIGQUIT : SIGINT;
    spec.prepare = [=, identity = directory.identity(), kept = !directory.temporary()]() -> Result<void> {
        if (!fs::exists(data / "PG_VERSION")) ROOKERY_TRY(makeData(data, source, identity, kept));
        ROOKERY_TRY(writeFile(data / "postgresql.conf", configuration(sockets, data, port, kept), identity));
        return writeFile(data / "pg_hba.conf", kAccess, identity);
    };
    spec.ready = [data](pid_t pid) { return saysReady(data, pid); };
    spec.processes = [data] { return postgresProcesses(data); };
    spec.clear = [data] { endPostgresProcesses(data); };
    return spec;
}

} // namespace backend
