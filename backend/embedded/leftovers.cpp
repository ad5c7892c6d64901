#include "backend/embedded/leftovers.h"

#include "backend/common/log.h"
#include "backend/embedded/child_process.h"
#include "backend/embedded/files.h"

#include <csignal>
#include <cstdio>
#include <sstream>
#include <sys/ipc.h>
#include <sys/shm.h>

namespace backend {
namespace fs = std::filesystem;
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = std::chrono::milliseconds(1500);

template <class Find>
void endAll(const Find& find, int gentleSignal) noexcept
{
    try {
        auto alive = find();
        if (alive.empty()) return;
        for (const pid_t pid : alive)
            if (gentleSignal) kill(pid, gentleSignal), kill(pid, SIGCONT);
        for (const auto deadline = Deadline::after(gentleSignal ? kPatience : 0ms); !deadline.expired();) {
            std::this_thread::sleep_for(5ms);
            if ((alive = find()).empty()) return;
        }
        // A dying postmaster may still have forked: look again until nothing is left.
        for (int round = 0; round < 200 && !(alive = find()).empty(); ++round) {
            for (const pid_t pid : alive)
                kill(pid, SIGKILL);
            std::this_thread::sleep_for(2ms);
        }
    } catch (const std::exception& error) {
        log::warning(std::string("Looking for left-over servers failed: ") + error.what());
    }
}

// The seventh line of postmaster.pid names the small System V segment; a killed postmaster cannot remove it.
void removeSharedMemory(const std::string& postmasterPid)
{
    std::istringstream in(postmasterPid);
    std::string line;
    for (int number = 1; number <= 7; ++number)
        if (!std::getline(in, line)) return;
    unsigned long key = 0;
    int id = 0;
    if (std::sscanf(line.c_str(), "%lu %d", &key, &id) != 2) return;
    shmid_ds status{};
    if (shmctl(id, IPC_STAT, &status) == 0 && status.shm_nattch == 0 && status.shm_perm.__key == key_t(key))
        shmctl(id, IPC_RMID, nullptr);
}

} // namespace

std::string clusterName(const fs::path& dataDirectory)
{
    return "rookery-" + dataDirectory.filename().string() + "-" +
           std::to_string(std::hash<std::string>{}(dataDirectory.string()) % 1'000'000'007);
}

std::vector<pid_t> postgresProcesses(const fs::path& dataDirectory)
{
    return serverProcesses(dataDirectory, "postgres", clusterName(dataDirectory));
}

std::vector<pid_t> redisProcesses(const fs::path& dataDirectory)
{
    return serverProcesses(dataDirectory, "redis-server", clusterName(dataDirectory));
}

void endPostgresProcesses(const fs::path& dataDirectory) noexcept
{
    endAll([&] { return postgresProcesses(dataDirectory); }, SIGQUIT);
    try {
        const fs::path pidFile = dataDirectory / "postmaster.pid";
        const std::string content = readFile(pidFile);
        if (content.empty()) return;
        removeSharedMemory(content);
        // Nobody is left in it, yet its pid may belong to a zombie or a stranger by now, and then PostgreSQL
        // refuses.
        fs::remove(pidFile);
    } catch (const std::exception& error) {
        log::warning(std::string("Cleaning after a killed PostgreSQL failed: ") + error.what());
    }
}

void endRedisProcesses(const fs::path& dataDirectory) noexcept
{
    endAll([&] { return redisProcesses(dataDirectory); }, 0);
}

void endServersIn(const fs::path& directory) noexcept
{
    std::error_code error;
    for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
        const std::string name = at->path().filename().string();
        if (name.starts_with("pg-"))
            endPostgresProcesses(at->path());
        else if (name.starts_with("redis-"))
            endRedisProcesses(at->path());
    }
}

} // namespace backend
