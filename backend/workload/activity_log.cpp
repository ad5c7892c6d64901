#include "backend/workload/activity_log.h"

#include <openssl/evp.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <unordered_map>

namespace backend {
namespace {

constexpr std::size_t kLongestLine = 4'096;
constexpr std::int64_t kReportEvery = 50'000;
constexpr double kMostMalformed = 0.01;

struct CloseFile
{
    void operator()(std::FILE* file) const { std::fclose(file); }
};
struct CloseGzip
{
    void operator()(gzFile_s* file) const { gzclose(file); }
};
struct FreeDigest
{
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

Error cannotRead(const std::filesystem::path& file)
{
    return {ErrorCode::InvalidArgument, "cannot read " + file.string() + ": " + std::strerror(errno), false};
}

Result<std::string> sha256Of(const std::filesystem::path& path)
{
    const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
    if (!file) return fail(cannotRead(path));
    const std::unique_ptr<EVP_MD_CTX, FreeDigest> digest(EVP_MD_CTX_new());
    EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr);
    std::array<unsigned char, 65'536> bytes{};
    while (const auto n = std::fread(bytes.data(), 1, bytes.size(), file.get()))
        EVP_DigestUpdate(digest.get(), bytes.data(), n);
    if (std::ferror(file.get())) return fail(cannotRead(path));
    std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
    unsigned int size = 0;
    EVP_DigestFinal_ex(digest.get(), value.data(), &size);
    std::string hex;
    for (unsigned int i = 0; i < size; ++i) {
        char two[3];
        std::snprintf(two, sizeof two, "%02x", value[i]);
        hex += two;
    }
    return hex;
}

std::optional<ActivityKind> kindOf(std::string_view word)
{
    if (word == "RT") return ActivityKind::Retweet;
    if (word == "MT") return ActivityKind::Mention;
    if (word == "RE") return ActivityKind::Reply;
    return std::nullopt;
}

std::vector<std::string_view> wordsOf(std::string_view line)
{
    std::vector<std::string_view> words;
    while (true) {
        const auto first = line.find_first_not_of(" \t\r\n");
        if (first == std::string_view::npos) return words;
        line.remove_prefix(first);
        const auto end = std::min(line.find_first_of(" \t\r\n"), line.size());
        words.push_back(line.substr(0, end));
        line.remove_prefix(end);
    }
}

bool isUserName(std::string_view word)
{
    return word.size() <= 24 && std::all_of(word.begin(), word.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
           });
}

// Takes line after line; keeps what is good, counts what is not.
class Collector
{
public:
    explicit Collector(ActivityLog& log)
        : m_log(log)
    {
    }

    void take(std::string_view text)
    {
        const auto number = ++m_log.linesTotal;
        const auto words = wordsOf(text);
        if (words.empty() || words[0].starts_with('#')) return; // blank or comment
        if (words.size() != 4)
            return malformed(number, "has " + std::to_string(words.size()) + " words instead of 4");
        std::int64_t second = 0;
        const auto parsed = std::from_chars(words[2].data(), words[2].data() + words[2].size(), second);
        const auto kind = kindOf(words[3]);
        if (!isUserName(words[0]) || !isUserName(words[1]))
            return malformed(number, "has a user that is not 1-24 of a-z, 0-9, _");
        if (parsed.ec != std::errc{} || parsed.ptr != words[2].data() + words[2].size() ||
            second <= 1'262'304'000 || second > 4'102'444'800)
            return malformed(number, "has the time " + std::string(words[2].substr(0, 30)) +
                                         ", not Unix seconds after 2010");
        if (!kind)
            return malformed(number,
                             "has the kind " + std::string(words[3].substr(0, 30)) + ", not RT, MT or RE");
        m_log.lines.push_back(
            {userIndex(words[0]), userIndex(words[1]), second, std::uint32_t(number), *kind});
    }

    void malformed(std::int64_t number, const std::string& why)
    {
        if (++m_log.malformedLines == 1) m_log.firstMalformed = "line " + std::to_string(number) + " " + why;
    }

private:
    std::uint32_t userIndex(std::string_view name)
    {
        const auto [entry, fresh] =
            m_indexes.try_emplace(std::string(name), std::uint32_t(m_log.users.size()));
        if (fresh) m_log.users.emplace_back(name);
        return entry->second;
    }

    ActivityLog& m_log;
    std::unordered_map<std::string, std::uint32_t> m_indexes;
};

Result<void> readLines(const std::filesystem::path& path, ActivityLog& log, const ActivityProgress& progress,
                       const std::stop_token& stop)
{
    const std::unique_ptr<gzFile_s, CloseGzip> file(
        gzopen(path.c_str(), "rb")); // reads plain files as they are
    if (!file) return fail(cannotRead(path));
    gzbuffer(file.get(), 1 << 18);
    Collector collector(log);
    std::array<char, kLongestLine> line{};
    while (gzgets(file.get(), line.data(), int(line.size()))) {
        collector.take(line.data());
        if (log.linesTotal % kReportEvery == 0) {
            if (progress) progress(log.linesTotal);
            if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "reading the log was cancelled");
        }
    }
    int code = Z_OK;
    const char* message = gzerror(file.get(), &code);
    if (code != Z_OK && code != Z_STREAM_END)
        return fail(ErrorCode::InvalidArgument, path.string() + " is damaged after line " +
                                                    std::to_string(log.linesTotal) + ": " + message);
    return {};
}

} // namespace

Result<ActivityLog> readActivityLog(const std::filesystem::path& file, const ActivityProgress& progress,
                                    const std::stop_token& stop)
{
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored))
        return fail(ErrorCode::InvalidArgument, file.string() + " is a directory, not an activity log");
    ActivityLog log;
    ROOKERY_ASSIGN(log.sha256, sha256Of(file));
    ROOKERY_TRY(readLines(file, log, progress, stop));
    if (double(log.malformedLines) > kMostMalformed * double(log.linesTotal))
        return fail(ErrorCode::InvalidArgument,
                    file.string() + " is no activity log: " + std::to_string(log.malformedLines) + " of " +
                        std::to_string(log.linesTotal) +
                        " lines are malformed, the first: " + log.firstMalformed + "; nothing was imported");
    if (log.lines.empty())
        return fail(ErrorCode::InvalidArgument,
                    file.string() + " holds no line of the form: userA userB unix-time RT|MT|RE");
    std::stable_sort(log.lines.begin(), log.lines.end(),
                     [](const auto& a, const auto& b) { return a.unixSeconds < b.unixSeconds; });
    log.firstSecond = log.lines.front().unixSeconds;
    log.lastSecond = log.lines.back().unixSeconds;
    return log;
}

} // namespace backend
