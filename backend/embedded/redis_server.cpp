#include "backend/embedded/redis_server.h"

#include "backend/embedded/leftovers.h"
#include "backend/embedded/redis_dump.h"
#include "backend/embedded/redis_talk.h"

#include <csignal>

namespace backend {
namespace fs = std::filesystem;
namespace {

constexpr std::chrono::milliseconds kPingPatience{200};

std::string quoted(const fs::path& path)
{
    std::string text = "\"";
    for (const char c : path.string()) {
        if (c == '"' || c == '\\') text += '\\';
        text += c;
    }
    return text + '"';
}

std::string configuration(const fs::path& socket, const fs::path& data)
{
    return "# Written by rookery at every start.\n"
           "port 0\nunixsocket " +
           quoted(socket) + "\nunixsocketperm 700\ndir " + quoted(data) + "\nproc-title-template \"{title} " +
           clusterName(data) +
           " {listen-addr}\"\n"
           "daemonize no\nsave \"\"\nappendonly no\nstop-writes-on-bgsave-error no\n"
           // Saved only when a kept directory's servers are stopped, and then quickly.
           "dbfilename dump.rdb\nrdbcompression no\n"
           // Timelines' segments stay compact even when a burst comes between two looks at their size.
           "zset-max-listpack-entries 256\n"
           "maxmemory-policy noeviction\nhz 10\ntcp-keepalive 0\ntimeout 0\n"
           "loglevel warning\nalways-show-logo no\n";
}

bool answersPing(const fs::path& socket)
{
    auto talk = RedisTalk::open(socket);
    return talk && talk->say("PING") &&
           talk->line(Deadline::after(kPingPatience)) == "+PONG"; // not while it loads
}

} // namespace

ServerSpec redisServer(const DataDirectory& directory, int number, const fs::path& program,
                       const std::vector<std::string>& arguments, std::string formerRunId)
{
    const std::string name = "redis-" + std::to_string(number);
    const fs::path data = directory.path() / name;
    const fs::path socket = directory.sockets() / (name + ".sock");
    const fs::path file = data / "redis.conf";
    ServerSpec spec;
    spec.node.name = name;
    spec.node.kind = NodeKind::Redis;
    spec.node.address = "unix://" + socket.string();
    spec.node.dataDirectory = data;
    spec.node.formerRunId = std::move(formerRunId);
    spec.plan.command = {program.string(), file.string()};
    spec.plan.command.insert(spec.plan.command.end(), arguments.begin(), arguments.end());
    spec.plan.workingDirectory = data;
    spec.plan.output = directory.path() / (name + ".log");
    spec.plan.identity = directory.identity();
    spec.plan.deathSignal = SIGKILL;
    spec.stopSignal = SIGKILL; // what is to be kept has been saved before
    spec.prepare = [=, identity = directory.identity()]() -> Result<void> {
        ROOKERY_TRY(makeDirectory(data, identity));
        removeTree(socket);
        return writeFile(file, configuration(socket, data), identity);
    };
    spec.ready = [socket](pid_t) { return answersPing(socket); };
    spec.processes = [data] { return redisProcesses(data); };
    spec.clear = [data] {
        endRedisProcesses(data);
        std::ignore = removeRedisDump(data); // the next life begins empty
    };
    spec.save = [=](int nodes, Deadline deadline) {
        return saveRedisNode(name, data, socket, nodes, deadline);
    };
    return spec;
}

} // namespace backend
