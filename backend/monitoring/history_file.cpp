#include "backend/monitoring/history_file.h"

#include "backend/monitoring/event_log.h"

#include <sqlite3.h>

#include <chrono>
#include <system_error>

namespace backend {
namespace {

constexpr int kSchema = 3;
constexpr int kBusyMilliseconds = 2'000; // another desktop on the same cluster writes for some milliseconds

constexpr auto kSeriesTables = R"(
    CREATE TABLE series (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE blocks (resolution INTEGER, series INTEGER, start INTEGER, steps BLOB NOT NULL,
                         PRIMARY KEY (resolution, series, start)) WITHOUT ROWID;)";
// kind: EventKind as a number.
constexpr auto kEventTable = R"(
    CREATE TABLE events (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind INTEGER NOT NULL,
                         failed INTEGER NOT NULL, what TEXT NOT NULL, who TEXT NOT NULL, place TEXT NOT NULL);)";
// Whose history it is; no row: nobody's yet.
constexpr auto kClusterTable = R"(
    CREATE TABLE cluster (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), id TEXT NOT NULL);
    PRAGMA user_version = 3;)";

bool damaged(int code)
{
    return (code & 0xFF) == SQLITE_CORRUPT || (code & 0xFF) == SQLITE_NOTADB;
}

// Beside a file of that name that is another cluster's.
std::filesystem::path pathOf(const std::string& clusterId, std::filesystem::path path)
{
    return path.replace_filename(path.stem().string() + "-" + clusterId + path.extension().string());
}

} // namespace

struct HistoryFile::Statement
{
    Statement(sqlite3* database, const char* sql)
    {
        status = sqlite3_prepare_v2(database, sql, -1, &handle, nullptr);
    }
    ~Statement() { sqlite3_finalize(handle); }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    void bind(int at, std::int64_t value) { sqlite3_bind_int64(handle, at, value); }
    void bind(int at, const std::string& text)
    {
        sqlite3_bind_text(handle, at, text.data(), int(text.size()), SQLITE_TRANSIENT);
    }
    void bindBytes(int at, const std::string& bytes)
    {
        sqlite3_bind_blob(handle, at, bytes.data(), int(bytes.size()), SQLITE_TRANSIENT);
    }
    // Another row is there. Ended or failed otherwise: status tells.
    bool step()
    {
        if (status != SQLITE_OK && status != SQLITE_ROW) return false;
        status = sqlite3_step(handle);
        return status == SQLITE_ROW;
    }
    bool failed() const { return status != SQLITE_DONE && status != SQLITE_ROW && status != SQLITE_OK; }
    std::int64_t integer(int column) const { return sqlite3_column_int64(handle, column); }
    std::string_view bytes(int column) const
    {
        const auto* begin = static_cast<const char*>(sqlite3_column_blob(handle, column));
        return {begin ? begin : "", std::size_t(sqlite3_column_bytes(handle, column))};
    }

    sqlite3_stmt* handle = nullptr;
    int status = SQLITE_OK;
};

HistoryFile::HistoryFile(sqlite3* database, std::filesystem::path path)
    : m_database(database)
    , m_path(std::move(path))
{
}

HistoryFile::~HistoryFile()
{
    sqlite3_close_v2(m_database);
}

Result<std::unique_ptr<HistoryFile>> HistoryFile::open(const std::filesystem::path& path,
                                                       const std::string& clusterId)
{
    std::error_code ignored;
    std::filesystem::create_directories(path.parent_path(), ignored); // opening tells
    ROOKERY_ASSIGN(auto file, openOrReplace(path, clusterId));
    if (file->m_clusterId == clusterId) return file;
    const auto other = file->m_clusterId;
    const auto ownPath = pathOf(clusterId, path);
    const bool begun = !std::filesystem::exists(ownPath, ignored);
    ROOKERY_ASSIGN(file, openOrReplace(ownPath, clusterId));
    if (file->m_clusterId != clusterId)
        return fail(ErrorCode::Configuration, "the history file " + ownPath.string() + " is of the cluster " +
                                                  file->m_clusterId +
                                                  ", not of the one that it is named after; move it away");
    if (begun)
        file->m_note = "the history file " + path.string() + " is of another cluster (" + other +
                       ") and left alone; the history of this one begins anew in " + ownPath.string();
    return file;
}

Result<std::unique_ptr<HistoryFile>> HistoryFile::openOrReplace(const std::filesystem::path& path,
                                                                const std::string& clusterId)
{
    auto file = tryOpen(path, clusterId);
    if (file || file.error().code != ErrorCode::Conflict) return file;
    return replace(path, clusterId);
}

Result<std::unique_ptr<HistoryFile>> HistoryFile::replace(const std::filesystem::path& path,
                                                          const std::string& clusterId)
{
    const auto time = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    auto aside = path;
    aside += ".damaged-" + std::to_string(time.time_since_epoch().count());
    std::error_code error;
    std::filesystem::rename(path, aside, error);
    if (error)
        return fail(ErrorCode::Configuration, "the history file " + path.string() +
                                                  " is damaged and cannot be moved away: " + error.message() +
                                                  "; delete it or give another one");
    std::error_code ignored;
    for (const auto* rest : {"-wal", "-shm"}) // of the damaged one
        std::filesystem::remove(path.string() + rest, ignored);
    auto file = tryOpen(path, clusterId);
    if (file)
        (*file)->m_note =
            "the history file was damaged and a new one begun; the old one is kept as " + aside.string();
    return file;
}

// Conflict: the file is damaged.
Result<std::unique_ptr<HistoryFile>> HistoryFile::tryOpen(const std::filesystem::path& path,
                                                          const std::string& clusterId)
{
    sqlite3* database = nullptr;
    const int opened = sqlite3_open_v2(
        path.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    std::unique_ptr<HistoryFile> file(new HistoryFile(database, path));
    if (opened != SQLITE_OK) return fail(file->failure("open"));
    ROOKERY_TRY(file->prepare(clusterId));
    return file;
}

Result<void> HistoryFile::prepare(const std::string& clusterId)
{
    sqlite3_busy_timeout(m_database, kBusyMilliseconds);
    ROOKERY_TRY(execute("PRAGMA journal_mode = WAL"));
    ROOKERY_TRY(
        execute("PRAGMA synchronous = NORMAL")); // a power cut may cost the newest blocks, never the file
    ROOKERY_TRY(execute("BEGIN IMMEDIATE"));
    std::int64_t version = 0;
    {
        Statement statement(m_database, "PRAGMA user_version");
        if (statement.step()) version = statement.integer(0);
        if (statement.failed()) return fail(failure("read"));
    }
    if (version > kSchema)
        return fail(ErrorCode::SchemaTooNew,
                    "the history file " + m_path.string() +
                        " was written by a newer version of Rookery; use that version");
    if (version < 1) ROOKERY_TRY(execute(kSeriesTables));
    if (version < 2) ROOKERY_TRY(execute(kEventTable));
    if (version < 3) ROOKERY_TRY(execute(kClusterTable));
    ROOKERY_TRY(claim(clusterId));
    return execute("COMMIT");
}

// Whoever comes first has it, of several programs at once too.
Result<void> HistoryFile::claim(const std::string& clusterId)
{
    Statement put(m_database, "INSERT OR IGNORE INTO cluster (only_row, id) VALUES (1, ?1)");
    put.bind(1, clusterId);
    put.step();
    if (put.failed()) return fail(failure("write"));
    Statement find(m_database, "SELECT id FROM cluster");
    if (!find.step()) return fail(failure("read"));
    m_clusterId = find.bytes(0);
    return {};
}

Result<void> HistoryFile::execute(const char* sql)
{
    if (sqlite3_exec(m_database, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
    const auto error = failure("write");
    if (sqlite3_get_autocommit(m_database) == 0)
        sqlite3_exec(m_database, "ROLLBACK", nullptr, nullptr, nullptr);
    return fail(error);
}

Error HistoryFile::failure(const char* doing) const
{
    const int code = sqlite3_extended_errcode(m_database);
    const auto words = std::string("cannot ") + doing + " the history file " + m_path.string() + ": " +
                       sqlite3_errmsg(m_database);
    if (damaged(code)) return {ErrorCode::Conflict, words + "; it is damaged", false};
    if ((code & 0xFF) == SQLITE_FULL) return {ErrorCode::DiskFull, words + "; make room on its disk", true};
    return {ErrorCode::Unavailable, words + "; see whether its folder exists and can be written", true};
}

Result<std::int64_t> HistoryFile::seriesId(const std::string& name)
{
    if (const auto known = m_series.find(name); known != m_series.end()) return known->second;
    Statement add(m_database, "INSERT OR IGNORE INTO series (name) VALUES (?1)");
    add.bind(1, name);
    add.step();
    if (add.failed()) return fail(failure("write"));
    Statement find(m_database, "SELECT id FROM series WHERE name = ?1");
    find.bind(1, name);
    if (!find.step()) return fail(failure("read"));
    return m_series[name] = find.integer(0);
}

Result<void> HistoryFile::write(const std::map<BlockKey, RollupBlock>& blocks)
{
    m_series.clear(); // another process may have dropped a series meanwhile
    ROOKERY_TRY(execute("BEGIN IMMEDIATE"));
    const auto writeAll = [&]() -> Result<void> {
        for (const auto& [key, given] : blocks) {
            ROOKERY_ASSIGN(const auto series, seriesId(key.series));
            auto block = given;
            Statement find(m_database,
                           "SELECT steps FROM blocks WHERE resolution = ?1 AND series = ?2 AND start = ?3");
            Statement put(m_database, "INSERT OR REPLACE INTO blocks (resolution, series, start, steps) "
                                      "VALUES (?1, ?2, ?3, ?4)");
            for (auto* statement : {&find, &put}) {
                statement->bind(1, key.resolution);
                statement->bind(2, series);
                statement->bind(3, key.start);
            }
            if (find.step()) fillFrom(block, decodeRollups(find.bytes(0)));
            if (find.failed()) return fail(failure("read"));
            put.bindBytes(4, encode(block));
            put.step();
            if (put.failed()) return fail(failure("write"));
        }
        return {};
    };
    if (const auto done = writeAll(); !done) {
        sqlite3_exec(m_database, "ROLLBACK", nullptr, nullptr, nullptr);
        m_series.clear();
        return done;
    }
    return execute("COMMIT");
}

Result<std::map<BlockKey, RollupBlock>> HistoryFile::read(const Resolution& resolution, std::int64_t begin,
                                                          std::int64_t end)
{
    std::map<std::int64_t, std::string> names;
    Statement series(m_database, "SELECT id, name FROM series");
    while (series.step())
        names.emplace(series.integer(0), series.bytes(1));
    if (series.failed()) return fail(failure("read"));
    // The list of series lets SQLite seek each one's range.
    Statement rows(m_database, "SELECT series, start, steps FROM blocks WHERE resolution = ?1 "
                               "AND series IN (SELECT id FROM series) AND start >= ?2 AND start < ?3");
    rows.bind(1, resolution.id);
    rows.bind(2, begin);
    rows.bind(3, end);
    std::map<BlockKey, RollupBlock> out;
    while (rows.step())
        out.emplace(BlockKey{resolution.id, names[rows.integer(0)], rows.integer(1)},
                    decodeRollups(rows.bytes(2)));
    if (rows.failed()) return fail(failure("read"));
    return out;
}

Result<void> HistoryFile::prune(std::int64_t nowMs)
{
    for (const auto& resolution : kResolutions) {
        // A block goes when its last step is too old.
        const auto before = nowMs - resolution.kept.count() - kBlockSteps * resolution.step.count();
        Statement drop(m_database, "DELETE FROM blocks WHERE resolution = ?1 "
                                   "AND series IN (SELECT id FROM series) AND start < ?2");
        drop.bind(1, resolution.id);
        drop.bind(2, before);
        drop.step();
        if (drop.failed()) return fail(failure("write"));
    }
    ROOKERY_TRY(execute("DELETE FROM series WHERE id NOT IN (SELECT series FROM blocks)"));
    Statement events(m_database, "DELETE FROM events WHERE at < ?1 OR id NOT IN "
                                 "(SELECT id FROM events ORDER BY at DESC, id DESC LIMIT ?2)");
    events.bind(1, (nowMs - Milliseconds(EventLog::kKept).count()) * 1'000);
    events.bind(2, std::int64_t(EventLog::kMost));
    events.step();
    if (events.failed()) return fail(failure("write"));
    return {};
}

Result<void> HistoryFile::writeEvents(const std::vector<Event>& events)
{
    if (events.empty()) return {};
    ROOKERY_TRY(execute("BEGIN IMMEDIATE"));
    for (const auto& event : events) {
        Statement put(m_database, "INSERT OR IGNORE INTO events (id, at, kind, failed, what, who, place) "
                                  "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
        put.bind(1, event.key.id);
        put.bind(2, event.key.at.time_since_epoch().count());
        put.bind(3, std::int64_t(event.kind));
        put.bind(4, std::int64_t(event.failed));
        put.bind(5, event.what);
        put.bind(6, event.who);
        put.bind(7, event.where);
        put.step();
        if (!put.failed()) continue;
        const auto error = failure("write");
        sqlite3_exec(m_database, "ROLLBACK", nullptr, nullptr, nullptr);
        return fail(error);
    }
    return execute("COMMIT");
}

Result<std::vector<Event>> HistoryFile::readEvents()
{
    Statement rows(m_database, "SELECT id, at, kind, failed, what, who, place FROM events ORDER BY at, id");
    std::vector<Event> out;
    while (rows.step()) {
        const auto kind = rows.integer(2);
        if (kind < 0 || kind > std::int64_t(kLastEventKind)) continue;
        Event event;
        event.key = {TimePoint(std::chrono::microseconds(rows.integer(1))), rows.integer(0)};
        event.kind = EventKind(kind);
        event.failed = rows.integer(3) != 0;
        event.what = rows.bytes(4);
        event.who = rows.bytes(5);
        event.where = rows.bytes(6);
        out.push_back(std::move(event));
    }
    if (rows.failed()) return fail(failure("read"));
    return out;
}

} // namespace backend
