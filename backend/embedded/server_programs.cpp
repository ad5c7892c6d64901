#include "backend/embedded/server_programs.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <unistd.h>
#include <vector>

namespace backend {
namespace fs = std::filesystem;
namespace {

bool executable(const fs::path& program)
{
    return access(program.c_str(), X_OK) == 0 && !fs::is_directory(program);
}

bool holdsPostgres(const fs::path& bin)
{
    return executable(bin / "postgres") && executable(bin / "initdb");
}

std::vector<fs::path> searchPath()
{
    const char* path = std::getenv("PATH");
    std::istringstream in(std::string(path ? path : "") + ":/usr/bin:/usr/local/bin:/usr/sbin");
    std::vector<fs::path> directories;
    for (std::string one; std::getline(in, one, ':');)
        if (one.starts_with('/')) directories.emplace_back(one);
    return directories;
}

int versionOf(const fs::path& directory)
{
    const std::string name = directory.filename().string();
    int version = 0;
    std::from_chars(name.data(), name.data() + name.size(), version);
    return version;
}

// Debian keeps each major version in its own directory and none on PATH; elsewhere PATH leads to the one
// there is.
fs::path findPostgres(const std::string& major)
{
    std::vector<fs::path> versions;
    std::error_code error;
    for (fs::directory_iterator at("/usr/lib/postgresql", error), end; !error && at != end;
         at.increment(error))
        if (holdsPostgres(at->path() / "bin") && (major.empty() || at->path().filename() == major))
            versions.push_back(at->path());
    const auto newest = std::max_element(versions.begin(), versions.end(), [](const auto& a, const auto& b) {
        return versionOf(a) < versionOf(b);
    });
    if (newest != versions.end()) return *newest / "bin";
    for (const auto& directory : searchPath())
        if (holdsPostgres(directory)) return directory;
    return {};
}

fs::path findRedis()
{
    for (const auto& directory : searchPath())
        if (executable(directory / "redis-server")) return directory / "redis-server";
    return {};
}

std::string firstLineOf(const fs::path& program)
{
    std::string quoted;
    for (const char c : program.string())
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    const std::unique_ptr<FILE, int (*)(FILE*)> out(popen(("'" + quoted + "' --version").c_str(), "re"),
                                                    pclose);
    std::array<char, 200> line{};
    if (!out || !fgets(line.data(), int(line.size()), out.get())) return {};
    const std::string text = line.data();
    return text.substr(0, text.find('\n'));
}

// "postgres (PostgreSQL) 15.18 (Debian …)" → "15"
std::string majorOf(const std::string& version)
{
    const auto start = version.find_first_of("0123456789");
    return start == std::string::npos
               ? ""
               : version.substr(start, version.find_first_not_of("0123456789", start) - start);
}

} // namespace

Result<ServerPrograms> findServerPrograms(const EmbeddedOptions& options, const std::string& existingMajor)
{
    ServerPrograms programs;
    programs.postgresBin = options.postgresBin.empty() ? findPostgres(existingMajor) : options.postgresBin;
    if (programs.postgresBin.empty() || !holdsPostgres(programs.postgresBin)) {
        const std::string where =
            options.postgresBin.empty() ? "/usr/lib/postgresql" : options.postgresBin.string();
        const std::string package = existingMajor.empty() ? "postgresql" : "postgresql-" + existingMajor;
        return fail(ErrorCode::Configuration, "The PostgreSQL server was not found in " + where +
                                                  ": install it with \"sudo apt-get install " + package +
                                                  "\".");
    }
    programs.redisServer = options.redisServer.empty() ? findRedis() : options.redisServer;
    if (programs.redisServer.empty() || !executable(programs.redisServer))
        return fail(
            ErrorCode::Configuration,
            "The Redis server was not found" +
                (options.redisServer.empty() ? std::string() : " at " + options.redisServer.string()) +
                ": install it with \"sudo apt-get install redis-server\".");
    programs.postgresVersion = firstLineOf(programs.postgresBin / "postgres");
    const std::string major = majorOf(programs.postgresVersion);
    if (!existingMajor.empty() && major != existingMajor)
        return fail(ErrorCode::Configuration,
                    "The data was made by PostgreSQL " + existingMajor + " and " + major +
                        " is installed: install it with \"sudo apt-get install postgresql-" + existingMajor +
                        "\".");
    return programs;
}

} // namespace backend
