#include "backend/embedded/redis_dump.h"

#include "backend/embedded/redis_talk.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <sstream>
#include <sys/statvfs.h>
#include <unistd.h>

namespace backend {
namespace fs = std::filesystem;
namespace {

using namespace std::chrono_literals;

constexpr auto kDump = "dump.rdb";
constexpr auto kMark = "saved";
// Another word here makes every older dump void: to be changed with the meaning of what lies in Redis.
constexpr std::string_view kFormat = "rookery-redis-dump-1";
constexpr std::int64_t kSpareBytes = 64LL << 20;

Error saveError(const std::string& name, const std::string& why)
{
    return {ErrorCode::Unavailable,
            name + " was not saved (" + why +
                "): it starts empty the next time, and its timelines are rebuilt.",
            false};
}

std::string field(const std::string& info, const std::string& name)
{
    const auto at = info.find("\n" + name + ":");
    if (at == std::string::npos) return {};
    const auto begin = at + name.size() + 2;
    return info.substr(begin, info.find_first_of("\r\n", begin) - begin);
}

// A dump is smaller than the memory it was made from.
bool hasRoom(const fs::path& data, std::int64_t bytes)
{
    struct statvfs status
    {
    };
    if (statvfs(data.c_str(), &status) != 0) return false;
    return std::int64_t(status.f_bavail) * std::int64_t(status.f_frsize) > bytes + kSpareBytes;
}

Result<void> sync(const fs::path& path, int flags)
{
    const FileDescriptor opened(open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW));
    if (!opened || fsync(opened.get()) != 0)
        return fail(fileError("cannot be written to the disk", path, errno));
    return {};
}

Result<void> removeFile(const fs::path& file)
{
    if (unlink(file.c_str()) != 0 && errno != ENOENT)
        return fail(fileError("cannot be removed", file, errno));
    return {};
}

} // namespace

std::string postgresState(const fs::path& directory, int nodes)
{
    std::uint64_t digest = 14695981039346656037ULL; // FNV-1a
    for (int number = 1; number <= nodes; ++number) {
        const std::string control =
            readFile(directory / ("pg-" + std::to_string(number)) / "global" / "pg_control");
        if (control.empty()) return {};
        for (const char c : control)
            digest = (digest ^ std::uint8_t(c)) * 1099511628211ULL;
    }
    return std::to_string(nodes) + "-" + std::to_string(digest);
}

Result<std::string> saveRedisNode(const std::string& name, const fs::path& data, const fs::path& socket,
                                  int nodes, Deadline deadline)
{
    auto talk = RedisTalk::open(socket);
    if (!talk || !talk->say("INFO")) return fail(saveError(name, "it does not answer"));
    const auto info = talk->bulk(deadline);
    if (!info) return fail(saveError(name, "it does not answer"));
    std::string runId = field(*info, "run_id");
    const std::string memory = field(*info, "used_memory");
    std::int64_t bytes = 0;
    std::from_chars(memory.data(), memory.data() + memory.size(), bytes);
    if (runId.empty() || !hasRoom(data, bytes * nodes))
        return fail(saveError(name, "the disk is nearly full"));
    ROOKERY_TRY(removeRedisDump(data)); // so that one that is there afterwards is of now

    if (!talk->say("SHUTDOWN SAVE")) return fail(saveError(name, "it does not answer"));
    if (const auto refused = talk->line(deadline)) return fail(saveError(name, *refused));
    if (!talk->closed()) return fail(saveError(name, "it took too long"));
    ROOKERY_TRY(sync(data / kDump, O_RDONLY));
    return runId;
}

Result<void> markRedisDump(const fs::path& data, const std::string& runId, const std::string& postgresState,
                           const std::optional<ProcessIdentity>& owner)
{
    const fs::path unfinished = data / (std::string(kMark) + ".new");
    ROOKERY_TRY(
        writeFile(unfinished, std::string(kFormat) + " " + runId + " " + postgresState + "\n", owner));
    ROOKERY_TRY(sync(unfinished, O_RDONLY));
    ROOKERY_TRY(renamePath(unfinished, data / kMark));
    return sync(data, O_RDONLY | O_DIRECTORY);
}

Result<std::string> takeRedisDump(const fs::path& data, const std::string& postgresState)
{
    std::error_code error;
    if (!fs::exists(data, error)) return std::string();
    std::istringstream mark(readFile(data / kMark));
    std::string format, runId, state;
    mark >> format >> runId >> state;
    ROOKERY_TRY(removeFile(data / kMark));
    ROOKERY_TRY(
        sync(data, O_RDONLY | O_DIRECTORY)); // a mark must not come back with a machine that lost its power
    if (format == kFormat && !runId.empty() && !state.empty() && state == postgresState &&
        fs::exists(data / kDump, error))
        return runId;
    ROOKERY_TRY(removeRedisDump(data));
    return std::string();
}

Result<void> removeRedisDump(const fs::path& data)
{
    std::error_code error;
    for (fs::directory_iterator at(data, error), end; !error && at != end; at.increment(error)) {
        const std::string name = at->path().filename().string();
        const bool halfSaved = name.starts_with("temp-") && name.ends_with(".rdb"); // by a killed server
        if (name == kDump || halfSaved) ROOKERY_TRY(removeFile(at->path()));
    }
    if (error && error.value() != ENOENT) return fail(fileError("cannot be read", data, error.value()));
    return {};
}

} // namespace backend
