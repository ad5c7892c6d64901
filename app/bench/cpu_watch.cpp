#include "app/bench/cpu_watch.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <unistd.h>

namespace app {
namespace {

struct Process
{
    int parent = 0;
    double ticks = 0; // with those of children that have ended
};

// proc(5): after the name in parentheses come the state, the parent, and as fields 14 to 17 the times.
bool readProcess(const std::filesystem::path& file, Process& process)
{
    std::ifstream in(file);
    std::string line;
    if (!std::getline(in, line)) return false;
    const auto name = line.rfind(')');
    if (name == std::string::npos) return false;
    std::istringstream fields(line.substr(name + 1));
    std::string skipped;
    fields >> skipped >> process.parent;
    for (int field = 5; field <= 13; ++field)
        fields >> skipped;
    for (int field = 14; field <= 17; ++field) {
        double ticks = 0;
        fields >> ticks;
        process.ticks += ticks;
    }
    return bool(fields);
}

double ownTicks()
{
    std::map<int, Process> processes;
    std::error_code error;
    for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end;
         entry.increment(error)) {
        const auto name = entry->path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        if (Process process; readProcess(entry->path() / "stat", process))
            processes[std::stoi(name)] = process;
    }
    const int self = ::getpid();
    double ticks = 0;
    for (const auto& [pid, process] : processes)
        for (int ancestor = pid, steps = 0; ancestor > 1 && steps < 32; ++steps) {
            if (ancestor == self) {
                ticks += process.ticks;
                break;
            }
            const auto found = processes.find(ancestor);
            ancestor = found == processes.end() ? 0 : found->second.parent;
        }
    return ticks;
}

} // namespace

double ownCpuSeconds()
{
    return ownTicks() / double(::sysconf(_SC_CLK_TCK));
}

CpuWatch::CpuWatch()
    : m_from(read())
{
}

CpuWatch::Times CpuWatch::read()
{
    Times times;
    std::ifstream in("/proc/stat");
    std::string word;
    double user = 0, nice = 0, system = 0, idle = 0, waiting = 0, interrupts = 0, softInterrupts = 0,
           stolen = 0;
    if (!(in >> word >> user >> nice >> system >> idle >> waiting >> interrupts >> softInterrupts >> stolen))
        return times;
    times.busy = user + nice + system + interrupts + softInterrupts + stolen;
    times.total = times.busy + idle + waiting;
    times.own = ownTicks();
    return times;
}

double CpuWatch::foreignShare() const
{
    const auto now = read();
    if (now.busy < 0 || m_from.busy < 0 || now.total <= m_from.total) return -1;
    return std::clamp(((now.busy - m_from.busy) - (now.own - m_from.own)) / (now.total - m_from.total), 0.0,
                      1.0);
}

} // namespace app
