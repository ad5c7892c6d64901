#include "backend/embedded/redis_server.h"

#include "backend/embedded/leftovers.h"

#include <csignal>
#include <cstring>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace backend {
namespace fs = std::filesystem;
namespace {

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
           "maxmemory-policy noeviction\nhz 10\ntcp-keepalive 0\ntimeout 0\n"
           "loglevel warning\nalways-show-logo no\n";
}

bool answersPing(const fs::path& path)
{
    const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = path.string();
    if (!socket || name.size() >= sizeof address.sun_path) return false;
    std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
    const timeval patience{0, 200'000};
    setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return false;
    constexpr std::string_view ping = "PING\r\n";
    if (send(socket.get(), ping.data(), ping.size(), MSG_NOSIGNAL) != ssize_t(ping.size())) return false;
    char answer[5]{};
    return recv(socket.get(), answer, sizeof answer, MSG_WAITALL) == 5 &&
           std::string_view(answer, 5) == "+PONG";
}

} // namespace

ServerSpec redisServer(const DataDirectory& directory, int number, const fs::path& program,
                       const std::vector<std::string>& arguments)
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
    spec.plan.command = {program.string(), file.string()};
    spec.plan.command.insert(spec.plan.command.end(), arguments.begin(), arguments.end());
    spec.plan.workingDirectory = data;
    spec.plan.output = directory.path() / (name + ".log");
    spec.plan.identity = directory.identity();
    spec.plan.deathSignal = SIGKILL;
    spec.stopSignal = SIGKILL; // there is nothing to save
    spec.prepare = [=, identity = directory.identity()]() -> Result<void> {
        ROOKERY_TRY(makeDirectory(data, identity));
        removeTree(socket);
        return writeFile(file, configuration(socket, data), identity);
    };
    spec.ready = [socket](pid_t) { return answersPing(socket); };
    spec.processes = [data] { return redisProcesses(data); };
    spec.clear = [data] { endRedisProcesses(data); };
    return spec;
}

} // namespace backend
