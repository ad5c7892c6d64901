#include "backend/common/log.h"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace backend::log {
namespace {

spdlog::logger& logger()
{
    static const auto instance = [] {
        auto made =
            std::make_shared<spdlog::logger>("rookery", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        made->set_level(spdlog::level::warn);
        made->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l [%t] %v");
        made->flush_on(spdlog::level::warn);
        return made;
    }();
    return *instance;
}

spdlog::level::level_enum toSpdlog(Level level)
{
    switch (level) {
    case Level::Debug:
        return spdlog::level::debug;
    case Level::Info:
        return spdlog::level::info;
    case Level::Warning:
        return spdlog::level::warn;
    case Level::Error:
        return spdlog::level::err;
    case Level::Off:
        return spdlog::level::off;
    }
    return spdlog::level::info;
}

} // namespace

void setLevel(Level level)
{
    logger().set_level(toSpdlog(level));
}

bool setFile(std::string_view path)
{
    try {
        logger().sinks().push_back(std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
            std::string(path), 10U * 1024U * 1024U, 3U));
        return true;
    } catch (const spdlog::spdlog_ex&) {
        return false;
    }
}

void debug(std::string_view line)
{
    logger().debug("{}", line);
}
void info(std::string_view line)
{
    logger().info("{}", line);
}
void warning(std::string_view line)
{
    logger().warn("{}", line);
}
void error(std::string_view line)
{
    logger().error("{}", line);
}

} // namespace backend::log
