#include "app/bench/requirements.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>

using namespace backend;

namespace app {
namespace {

// Measured on Redis 7: a plain sorted set of 800 entries costs 129 bytes an entry; one of up to 128 is a
// listpack.
constexpr std::int64_t kSkipListEntryBytes = 135, kListpackEntryBytes = 30;
constexpr int kListpackEntries = 128;
constexpr std::int64_t kTimelineBytes = 500; // keys, floors, allocation
constexpr double kShare = 0.8; // of the available memory; the rest is for PostgreSQL, ourselves and others
constexpr double kGiB = 1024.0 * 1024 * 1024;

std::int64_t bytesOfSet(int entries)
{
    return kTimelineBytes +
           entries * (entries > kListpackEntries ? kSkipListEntryBytes : kListpackEntryBytes);
}

std::int64_t bytesOfTimelines(const ReaderGroup& group)
{
    return group.readers * bytesOfSet(group.entries + group.spread / 2);
}
std::int64_t bytesOfPlainSets(const ReaderGroup& group)
{
    return group.readers * bytesOfSet(group.entries);
}

std::string gibibytes(double bytes)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.1f GiB", bytes / kGiB);
    return text;
}

std::int64_t numberIn(const char* file, const std::string& before)
{
    std::ifstream in(file);
    for (std::string word; in >> word;) {
        if (!before.empty() && word != before) continue;
        std::int64_t number = -1;
        if (!before.empty()) return in >> number ? number : -1;
        return word.find_first_not_of("0123456789") == std::string::npos && word.size() < 19
                   ? std::stoll(word)
                   : -1;
    }
    return -1;
}

} // namespace

std::int64_t availableMemoryBytes()
{
    const auto machine = numberIn("/proc/meminfo", "MemAvailable:") * 1024;
    const auto limit = numberIn("/sys/fs/cgroup/memory.max", {}),
               used = numberIn("/sys/fs/cgroup/memory.current", {});
    return limit < 0 || used < 0 ? machine : std::min(machine, std::max<std::int64_t>(0, limit - used));
}

std::int64_t expectedRedisBytes(const BenchSizes& sizes)
{
    std::int64_t kept = 0, most = 0;
    for (const auto& group : sizes.groups) {
        kept += bytesOfTimelines(group);
        most = std::max(most, kept + bytesOfPlainSets(group));
    }
    return most;
}

Result<BenchSizes> fitIntoMemory(BenchSizes sizes, std::int64_t memoryBytes)
{
    const auto budget = std::int64_t(double(memoryBytes) * kShare);
    constexpr int kStep = 10;
    while (expectedRedisBytes(sizes) > budget) {
        const auto larger =
            std::max_element(sizes.groups.begin(), sizes.groups.end(), [](const auto& a, const auto& b) {
                return (a.entries - a.fewestEntries) * std::int64_t(a.readers) <
                       (b.entries - b.fewestEntries) * std::int64_t(b.readers);
            });
        if (larger == sizes.groups.end() || larger->entries <= larger->fewestEntries)
            return fail(ErrorCode::Configuration, "the bench's timelines need " +
                                                      gibibytes(double(expectedRedisBytes(sizes)) / kShare) +
                                                      " of free memory and this machine has " +
                                                      gibibytes(double(memoryBytes)) +
                                                      "; end other programs or take a larger machine");
        larger->entries = std::max(larger->fewestEntries, larger->entries - kStep);
    }
    return sizes;
}

Result<void> requireDisk(const BenchSizes& sizes, const std::filesystem::path& dataDirectory)
{
    std::error_code error;
    auto place = dataDirectory.empty() ? std::filesystem::temp_directory_path(error)
                                       : std::filesystem::absolute(dataDirectory, error);
    while (!std::filesystem::exists(place, error) && place.has_parent_path() && place != place.parent_path())
        place = place.parent_path();
    const auto space = std::filesystem::space(place, error);
    if (error)
        return fail(ErrorCode::Configuration,
                    "the free space of " + place.string() + " cannot be read: " + error.message());
    if (double(space.available) >= sizes.diskGiB * kGiB) return {};
    return fail(ErrorCode::DiskFull, "the bench needs " + gibibytes(sizes.diskGiB * kGiB) +
                                         " of free disk and " + place.string() + " has " +
                                         gibibytes(double(space.available)) +
                                         "; make room, or name another place with --data");
}

Result<void> requireEmpty(const std::filesystem::path& dataDirectory)
{
    std::error_code error;
    if (dataDirectory.empty() || !std::filesystem::exists(dataDirectory, error)) return {};
    if (!std::filesystem::is_directory(dataDirectory, error))
        return fail(ErrorCode::Configuration,
                    dataDirectory.string() + " is not a directory; name a new or an empty one with --data");
    const bool empty = std::filesystem::is_empty(dataDirectory, error);
    if (!error && empty) return {};
    return fail(ErrorCode::Configuration,
                dataDirectory.string() +
                    (error ? " cannot be read: " + error.message() : std::string(" is not empty")) +
                    "; a bench begins with an empty cluster: name a new or an empty directory with --data");
}

} // namespace app
