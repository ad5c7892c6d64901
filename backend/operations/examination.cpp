#include "backend/operations/examination.h"

#include "backend/cache/redis_address.h"
#include "backend/store/postgres_errors.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <sys/statvfs.h>

namespace backend {
namespace {

constexpr int kClockReadings = 5;
constexpr double kFreeShare = 0.05;
constexpr double kFreeBytes = 10.0 * (1LL << 30);

std::string shellQuoted(const std::string& text)
{
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'')
            out += "'\\''";
        else
            out += c;
    }
    return out + "'";
}

// The address as a person of more rights would use it: without the engine's role.
std::string withoutRole(std::string address)
{
    for (const std::string key : {"user=", "password="}) {
        const auto at = address.find(key);
        if (at == std::string::npos || (at > 0 && address[at - 1] != ' ')) continue;
        const auto end = address.find(' ', at);
        address.erase(at, end == std::string::npos ? end : end - at + 1);
    }
    while (address.ends_with(' '))
        address.pop_back();
    return address;
}

bool isLoopback(std::string_view host)
{
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

} // namespace

std::string_view toString(Severity severity)
{
    switch (severity) {
    case Severity::Note:
        return "note";
    case Severity::Warning:
        return "warning";
    case Severity::Error:
        return "error";
    }
    return "unknown";
}

Result<ClockReading> readClock(const WallClock& clock, const std::function<Result<double>()>& serverSeconds)
{
    ClockReading best;
    for (int i = 0; i < kClockReadings; ++i) {
        const auto before = std::chrono::steady_clock::now();
        const double local = std::chrono::duration<double>(clock.now().time_since_epoch()).count();
        ROOKERY_ASSIGN(const double server, serverSeconds());
        const double trip = std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
        if (best.roundTripMs >= 0 && trip * 1'000 >= best.roundTripMs) continue;
        best = {trip * 1'000, (server - local - trip / 2) * 1'000};
    }
    return best;
}

bool isSkewed(double aheadMs, double uncertaintyMs, Milliseconds limit)
{
    return std::abs(aheadMs) - uncertaintyMs > double(limit.count());
}

std::string psqlCommand(const NodeEndpoint& node, const std::vector<std::string>& statements)
{
    const bool uri = node.address.find("://") != std::string::npos;
    std::string out = "psql " + shellQuoted(uri ? withoutPassword(node.address) : withoutRole(node.address));
    for (const auto& statement : statements)
        out += " -c " + shellQuoted(statement);
    return out;
}

std::string alterSystem(const NodeEndpoint& node, const std::string& setting, const std::string& value,
                        bool restart)
{
    const std::string change = "ALTER SYSTEM SET " + setting + " = " + value;
    return restart ? psqlCommand(node, {change}) + " # then restart the server"
                   : psqlCommand(node, {change, "SELECT pg_reload_conf()"});
}

std::string redisCommand(const NodeEndpoint& node, const std::string& words)
{
    const auto address = parseRedisAddress(node.address);
    if (!address) return {};
    std::string out = "redis-cli -s " + shellQuoted(address->path);
    if (!address->local()) {
        out = "redis-cli -h " + address->host + " -p " + address->port;
        if (address->database != 0) out += " -n " + std::to_string(address->database);
        if (!address->user.empty()) out += " --user " + shellQuoted(address->user);
        if (!address->password.empty()) out += " --askpass";
    }
    return out + " " + words;
}

bool isThrowAway(const std::string& environment)
{
    return environment == "demo";
}

bool isLocal(const NodeEndpoint& node)
{
    if (node.kind == NodeKind::Redis) {
        const auto address = parseRedisAddress(node.address);
        return address && (address->local() || isLoopback(address->host));
    }
    const auto at = node.address.find("host=");
    if (at == std::string::npos)
        return node.address.find("://") == std::string::npos; // libpq's default is a socket
    auto host = std::string_view(node.address).substr(at + 5);
    if (host.starts_with('\'')) host.remove_prefix(1);
    host = host.substr(0, host.find_first_of(" '"));
    return host.starts_with('/') || isLoopback(host);
}

std::optional<std::string> hostFile(const std::filesystem::path& root, const std::string& name)
{
    std::ifstream in(root / name);
    std::string line;
    if (!std::getline(in, line)) return std::nullopt;
    return line;
}

void checkFreeSpace(const std::string& directory, Findings& findings)
{
    struct statvfs space
    {
    };
    if (directory.empty() || ::statvfs(directory.c_str(), &space) != 0 || space.f_blocks == 0) return;
    judgeFreeSpace(directory, double(space.f_bavail) * double(space.f_frsize),
                   double(space.f_blocks) * double(space.f_frsize), findings);
}

void judgeFreeSpace(const std::string& directory, double freeBytes, double allBytes, Findings& findings)
{
    if (freeBytes >= allBytes * kFreeShare || freeBytes >= kFreeBytes) return;
    findings.add(Severity::Error, "disk.space",
                 humanBytes(freeBytes) + " of " + humanBytes(allBytes) + " are free in " + directory,
                 "free space or give it a larger disk: a full disk stops the node");
}

std::string twoDigits(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", value);
    return text;
}

std::string humanBytes(double bytes)
{
    constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    while (std::abs(bytes) >= 1024 && unit + 1 < kUnits.size()) {
        bytes /= 1024;
        ++unit;
    }
    char text[48];
    std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, kUnits[unit]);
    return text;
}

std::string humanSeconds(double seconds)
{
    char text[48];
    if (seconds < 120)
        std::snprintf(text, sizeof text, "%.1f s", seconds);
    else if (seconds < 7'200)
        std::snprintf(text, sizeof text, "%.0f min", seconds / 60);
    else if (seconds < 172'800)
        std::snprintf(text, sizeof text, "%.1f h", seconds / 3'600);
    else
        std::snprintf(text, sizeof text, "%.1f days", seconds / 86'400);
    return text;
}

} // namespace backend
