#include "backend/common/fault_points.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <thread>
#include <unistd.h>

namespace backend::fault {
namespace {

using namespace std::chrono_literals;

struct Order
{
    std::string action, point, file;
    int passing = 0;
};

Order readOrder()
{
    Order order;
    const char* text = std::getenv("ROOKERY_FAULT");
    if (!text) return order;
    std::string fields[4], rest = text;
    for (auto& field : fields) {
        const auto colon = rest.find(':');
        field = &field == &fields[3] ? rest : rest.substr(0, colon);
        rest = colon == std::string::npos ? std::string() : rest.substr(colon + 1);
    }
    order.action = fields[0];
    order.point = fields[1];
    order.passing = std::atoi(fields[2].c_str());
    order.file = fields[3];
    if (order.action != "kill" && order.action != "stop" && order.action != "hold") std::abort();
    return order;
}

const Order& order()
{
    static const Order kept = readOrder();
    return kept;
}

std::atomic<int> passings{0};

} // namespace

bool due(const char* point) noexcept
{
    return order().point == point && ++passings == order().passing;
}

void strike(const char* point) noexcept
{
    const std::string line = std::string(point) + "\n";
    const int file = ::open(order().file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (file < 0 || ::write(file, line.data(), line.size()) != ssize_t(line.size())) std::abort();
    ::close(file);
    if (order().action == "kill") ::kill(::getpid(), SIGKILL);
    if (order().action == "stop") ::kill(::getpid(), SIGSTOP);
    while (order().action == "hold" && ::access(order().file.c_str(), F_OK) == 0)
        std::this_thread::sleep_for(5ms);
}

} // namespace backend::fault
