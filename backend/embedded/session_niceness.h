// Makes a server's niceness hold where Linux shares processors between sessions first and by niceness only
// within one (autogroups). Every process of PostgreSQL is a session of its own, so each of them would count
// as much as this whole program with its window. What no autogroup holds, such as a systemd unit, is left
// alone.
#pragma once

#include "backend/common/periodic_thread.h"

#include <sys/types.h>

#include <functional>
#include <set>
#include <vector>

namespace backend {

class SessionNiceness
{
public:
    // `servers` names those that run, by the process that this program started; called once a second, from
    // this object's own thread. None: nothing is looked at meanwhile.
    explicit SessionNiceness(std::function<std::vector<pid_t>()> servers);

private:
    void round(const std::stop_token& stop);

    std::function<std::vector<pid_t>()> m_servers;
    std::set<pid_t> m_settled; // everybody who was looked at: only who is new is read about
    PeriodicThread m_thread;   // last: it uses all of the above
};

} // namespace backend
