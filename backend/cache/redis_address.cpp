#include "backend/cache/redis_address.h"

#include <charconv>
#include <optional>
#include <sys/un.h>

namespace backend {
namespace {

constexpr std::size_t kLongestPath = sizeof(sockaddr_un::sun_path) - 1;

tl::unexpected<Error> wrong(std::string_view why)
{
    return fail(ErrorCode::Configuration,
                "a Redis address is wrong: " + std::string(why) +
                    "; write unix:///path/redis.sock or redis://[user:password@]host:port/db");
}

std::optional<int> number(std::string_view text, int highest)
{
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > highest)
        return std::nullopt;
    return value;
}

std::optional<std::string> percentDecoded(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        int code = 0;
        if (i + 2 >= text.size()) return std::nullopt;
        const auto [end, error] = std::from_chars(text.data() + i + 1, text.data() + i + 3, code, 16);
        if (error != std::errc() || end != text.data() + i + 3) return std::nullopt;
        out += char(code);
        i += 2;
    }
    return out;
}

// Takes everything up to the last '@' as credentials: passwords may hold one.
Result<std::string_view> readCredentials(std::string_view text, RedisAddress& out)
{
    const auto at = text.rfind('@');
    if (at == std::string_view::npos) return text;
    const auto credentials = text.substr(0, at);
    const auto colon = credentials.find(':');
    if (colon == std::string_view::npos) return wrong("before the @ there is no user:password");
    const auto user = percentDecoded(credentials.substr(0, colon));
    const auto password = percentDecoded(credentials.substr(colon + 1));
    if (!user || !password) return wrong("a % in user or password is not followed by two hexadecimal digits");
    out.user = *user;
    out.password = *password;
    return text.substr(at + 1);
}

Result<void> readHost(std::string_view text, RedisAddress& out)
{
    std::string_view port;
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos) return wrong("the bracket around the host is not closed");
        out.host = text.substr(1, close - 1);
        const auto rest = text.substr(close + 1);
        if (!rest.empty() && rest.front() != ':') return wrong("after the host's bracket comes :port");
        if (!rest.empty())
            port = rest.substr(1);
        else
            port = out.port;
    } else {
        const auto colon = text.find(':');
        out.host = text.substr(0, colon);
        port = colon == std::string_view::npos ? std::string_view(out.port) : text.substr(colon + 1);
    }
    if (out.host.empty()) return wrong("there is no host");
    const auto value = number(port, 65'535);
    if (!value || *value == 0) return wrong("the port is not a number from 1 to 65535");
    out.port = std::to_string(*value);
    return {};
}

} // namespace

std::string RedisAddress::shown() const
{
    if (local()) return "unix://" + path;
    const bool v6 = host.find(':') != std::string::npos;
    return "redis://" + (v6 ? "[" + host + "]" : host) + ":" + port +
           (database ? "/" + std::to_string(database) : "");
}

Result<RedisAddress> parseRedisAddress(std::string_view text)
{
    constexpr std::string_view unixScheme = "unix://", tcpScheme = "redis://";
    RedisAddress out;
    if (text.starts_with(unixScheme)) {
        out.path = text.substr(unixScheme.size());
        if (!out.path.starts_with('/')) return wrong("the path of a unix socket begins with /");
        if (out.path.size() > kLongestPath)
            return wrong("the path of a unix socket has at most " + std::to_string(kLongestPath) + " bytes");
        return out;
    }
    if (!text.starts_with(tcpScheme)) return wrong("it begins neither with unix:// nor with redis://");
    ROOKERY_ASSIGN(auto rest, readCredentials(text.substr(tcpScheme.size()), out));
    if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
        const auto database = rest.substr(slash + 1);
        const auto value = database.empty() ? std::optional<int>(0) : number(database, 1'000'000);
        if (!value) return wrong("after the / comes the number of the database");
        out.database = *value;
        rest = rest.substr(0, slash);
    }
    ROOKERY_TRY(readHost(rest, out));
    return out;
}

} // namespace backend
