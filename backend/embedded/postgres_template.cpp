#include "backend/embedded/postgres_template.h"

#include "backend/common/log.h"

#include <csignal>
#include <cstdlib>
#include <random>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace backend {
namespace fs = std::filesystem;
namespace {

// initdb's arguments and the statements below are part of the template's name: another wording, another
// template.
const std::vector<std::string> kInitArguments{
    "--username=rookery_owner", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync",
    "--no-instructions"};
constexpr auto kStatements =
    "CREATE ROLE rookery_engine LOGIN\nCREATE DATABASE rookery OWNER rookery_owner\n";

std::string templateName(const ServerPrograms& programs)
{
    std::string all = programs.postgresBin.string() + programs.postgresVersion + kStatements;
    for (const auto& argument : kInitArguments)
        all += ' ' + argument;
    return "postgres-template-" + std::to_string(std::hash<std::string>{}(all));
}

bool makePrivate(const fs::path& directory)
{
    std::error_code error;
    fs::create_directories(directory.parent_path(), error);
    if (mkdir(directory.c_str(), 0700) == 0) return true;
    struct stat status
    {
    };
    return lstat(directory.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
           (status.st_mode & 0022U) == 0 && access(directory.c_str(), W_OK | X_OK) == 0;
}

// The first of the usual places that is ours and can be written; empty when there is none.
fs::path cacheDirectory()
{
    std::vector<fs::path> candidates;
    if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache == '/')
        candidates.push_back(fs::path(cache) / "rookery");
    struct stat status
    {
    };
    const char* home = std::getenv("HOME"); // another user's stays untouched: sudo may leave it set
    if (home && *home == '/' && stat(home, &status) == 0 && status.st_uid == geteuid())
        candidates.push_back(fs::path(home) / ".cache/rookery");
    candidates.push_back(fs::path("/tmp") / ("rookery-cache-" + std::to_string(geteuid())));
    for (const auto& candidate : candidates)
        if (makePrivate(candidate)) return candidate;
    return {};
}

Error initFailure(const fs::path& log, int code)
{
    const std::string text = readFile(log);
    for (const char* sign : {"No space left on device", "File too large", "quota exceeded"})
        if (text.find(sign) != std::string::npos)
            return {ErrorCode::DiskFull,
                    "The disk that holds " + log.parent_path().string() +
                        " is full: free some disk space or choose another directory.",
                    false};
    return {ErrorCode::Internal,
            "Initialising PostgreSQL failed (exit code " + std::to_string(code) +
                "): " + text.substr(text.size() > 400 ? text.size() - 400 : 0),
            false};
}

Result<fs::path> build(const ServerPrograms& programs, const DataDirectory& directory, Deadline deadline,
                       const std::stop_token& stop)
{
    const fs::path made = directory.path() / "template";
    removeTree(made);
    const fs::path log = directory.path() / "initdb.log";
    ProcessPlan plan;
    plan.command = {(programs.postgresBin / "initdb").string(), "-D", made.string()};
    plan.command.insert(plan.command.end(), kInitArguments.begin(), kInitArguments.end());
    plan.workingDirectory = directory.path();
    plan.output = log;
    plan.identity = directory.identity();
    plan.deathSignal = SIGKILL;
    ROOKERY_ASSIGN(const int initialised, runProcess(plan, deadline, stop));
    if (initialised != 0) return fail(initFailure(log, initialised));
    // A server for one user reads the statements, one a line: no start, no client.
    plan.input = directory.path() / "template.sql";
    ROOKERY_TRY(writeFile(plan.input, kStatements));
    plan.command = {
        (programs.postgresBin / "postgres").string(), "--single", "-F", "-D", made.string(), "postgres"};
    ROOKERY_ASSIGN(const int prepared, runProcess(plan, deadline, stop));
    if (prepared != 0) return fail(initFailure(log, prepared));
    removeTree(plan.input);
    removeTree(log);
    return made;
}

// Beside the place first, then renamed into it; losing the race to another program is as good.
bool putIntoCache(const fs::path& made, const fs::path& place)
{
    const fs::path beside =
        place.string() + ".new-" + std::to_string(getpid()) + "-" + std::to_string(std::random_device{}());
    const auto copied = copyTree(made, beside);
    const bool placed = copied && renamePath(beside, place);
    if (!placed) removeTree(beside);
    if (!copied) log::info("The PostgreSQL template is not cached: " + copied.error().message);
    return fs::exists(place / "PG_VERSION");
}

} // namespace

Result<PostgresTemplate> obtainPostgresTemplate(const ServerPrograms& programs,
                                                const DataDirectory& directory, Deadline deadline,
                                                const std::stop_token& stop)
{
    const fs::path cache = cacheDirectory();
    const fs::path place = cache.empty() ? fs::path() : cache / templateName(programs);
    if (!cache.empty() && fs::exists(place / "PG_VERSION")) return PostgresTemplate{place, true};
    ROOKERY_ASSIGN(const fs::path made, build(programs, directory, deadline, stop));
    if (cache.empty() || !putIntoCache(made, place)) return PostgresTemplate{made, false};
    removeTree(made);
    return PostgresTemplate{place, true};
}

} // namespace backend
