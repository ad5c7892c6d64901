// A recorded activity log: lines "userA userB unix-time KIND" (RT retweeted, MT mentioned, RE replied to),
// plain or gzip. Read whole into compact memory (24 bytes a line, 40 a user). One thread.
#pragma once

#include "backend/common/result.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace backend {

enum class ActivityKind : std::uint8_t { Retweet, Mention, Reply };

struct ActivityLine
{
    std::uint32_t actor = 0, target = 0; // indexes into ActivityLog::users
    std::int64_t unixSeconds = 0;
    std::uint32_t number = 0; // of the line, from 1
    ActivityKind kind = ActivityKind::Retweet;
};

struct ActivityLog
{
    std::string sha256;             // of the file's bytes, hex
    std::vector<std::string> users; // names in order of first appearance
    std::vector<ActivityLine>
        lines; // well-formed ones, by time, lines of one second in the order of the file
    std::int64_t linesTotal = 0, malformedLines = 0;
    std::string firstMalformed; // "line 17: …"
    std::int64_t firstSecond = 0, lastSecond = 0;
};

using ActivityProgress = std::function<void(std::int64_t lines)>; // read so far; may be empty

// More than one line in a hundred malformed is an error, and so is a file without a single good line.
[[nodiscard]] Result<ActivityLog> readActivityLog(const std::filesystem::path& file,
                                                  const ActivityProgress& progress,
                                                  const std::stop_token& stop);

} // namespace backend
