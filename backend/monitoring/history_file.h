// The file that keeps rolled-up history: SQLite, one row a block of a series. Not thread-safe: one thread at
// a time.
#pragma once

#include "backend/common/result.h"
#include "backend/domain/error.h"
#include "backend/domain/event.h"
#include "backend/monitoring/rollup.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

struct sqlite3;

namespace backend {

struct BlockKey
{
    int resolution = 0; // Resolution::id
    std::string series;
    std::int64_t start = 0; // ms since the Unix epoch, of the block's first step
    auto operator<=>(const BlockKey&) const = default;
};

class HistoryFile
{
public:
    // Makes the file and its folder when they are absent; a file of no cluster yet becomes that one's. When
    // it is another cluster's, that is left alone and "…-CLUSTERID.EXTENSION" beside it is used. A file that
    // SQLite cannot read is set aside, beside it under "….damaged-TIME", and a new one is made. note() tells.
    [[nodiscard]] static Result<std::unique_ptr<HistoryFile>> open(const std::filesystem::path& path,
                                                                   const std::string& clusterId);
    // Sets the file aside, found damaged only later, and makes a new one.
    [[nodiscard]] static Result<std::unique_ptr<HistoryFile>> replace(const std::filesystem::path& path,
                                                                      const std::string& clusterId);
    ~HistoryFile();
    HistoryFile(const HistoryFile&) = delete;
    HistoryFile& operator=(const HistoryFile&) = delete;

    const std::filesystem::path& path() const { return m_path; }
    // Why a new file was begun although there was one; empty: there is nothing to tell.
    const std::string& note() const { return m_note; }

    // Writes all or nothing; steps that a block does not know keep what the file has.
    [[nodiscard]] Result<void> write(const std::map<BlockKey, RollupBlock>& blocks);
    // The blocks of all series that begin in [begin, end), ascending by series, then start.
    [[nodiscard]] Result<std::map<BlockKey, RollupBlock>> read(const Resolution& resolution,
                                                               std::int64_t begin, std::int64_t end);
    // What the file has already stays as it is.
    [[nodiscard]] Result<void> writeEvents(const std::vector<Event>& events);
    [[nodiscard]] Result<std::vector<Event>> readEvents(); // ascending
    // Drops what is older than each resolution keeps, series of which nothing is left, and old events.
    [[nodiscard]] Result<void> prune(std::int64_t nowMs);

private:
    HistoryFile(sqlite3* database, std::filesystem::path path);
    static Result<std::unique_ptr<HistoryFile>> tryOpen(const std::filesystem::path& path,
                                                        const std::string& clusterId);
    static Result<std::unique_ptr<HistoryFile>> openOrReplace(const std::filesystem::path& path,
                                                              const std::string& clusterId);
    Result<void> prepare(const std::string& clusterId);
    Result<void> claim(const std::string& clusterId);
    Result<void> execute(const char* sql);
    Result<std::int64_t> seriesId(const std::string& name);
    Error failure(const char* doing) const;

    struct Statement;

    sqlite3* m_database;
    const std::filesystem::path m_path;
    std::string m_clusterId; // whose history it is
    std::string m_note;
    std::map<std::string, std::int64_t> m_series;
};

} // namespace backend
