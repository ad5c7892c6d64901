// Sees from one snapshot to the next what happened: nodes lost, back or restarted, engines come and gone,
// restores begun and ended, calls that begin to fail and are answered again. What an earlier process saw last
// is taken from the log, so that what changed while nobody watched is told, too. Used by the sampler's thread
// alone.
#pragma once

#include "backend/domain/snapshot.h"
#include "backend/monitoring/event_log.h"

#include <map>
#include <string>
#include <vector>

namespace backend {

class EventWatch
{
public:
    EventWatch(EventLog& log, std::string observer);

    // enginesKnown: the snapshot's engines are what the directory has just told. ownRestore: of this
    // process's engine, running or not. Returns what is new in the log.
    std::vector<Event> look(const ClusterSnapshot& snapshot, bool enginesKnown,
                            const RestoreProgress& ownRestore);
    // This engine, called so, ends in good order.
    std::vector<Event> end(TimePoint at);

private:
    struct Node
    {
        bool down = false;
        TimePoint since;
        double uptimeSeconds = -1;
    };
    struct Engine
    {
        TimePoint startedAt;
        bool silent = false, kept = false; // kept: by an earlier process, not seen by this one yet
        TimePoint since;
    };
    struct Trouble
    {
        bool lasts = false, kept = false; // kept: by an earlier process, not seen by this one yet
        TimePoint since;
    };
    void recall();
    void lookAtNodes(const ClusterSnapshot& snapshot);
    void lookAtEngines(const ClusterSnapshot& snapshot);
    void lookForGone(const ClusterSnapshot& snapshot);
    void lookAtCalls(const ClusterSnapshot& snapshot);
    void lookAtBacklog(const ClusterSnapshot& snapshot);
    // What begins and ends one, and its words: of the beginning, and "… again" of the end.
    struct TroubleWords
    {
        EventKind begins, ends;
        std::string what, over;
    };
    void lookAt(bool lasts, Trouble& known, const std::string& where, const TroubleWords& words,
                const ClusterSnapshot& snapshot);
    void lookAtRestore(const RestoreProgress& restore, TimePoint at);
    void tellRestored(const RestoreProgress& last, TimePoint at);
    // False when it is known already.
    bool tell(TimePoint at, EventKind kind, std::string what, std::string where, bool failed = false);
    bool lastWordIsStopped(const std::string& engine) const;

    EventLog& m_log;
    const std::string m_observer;
    std::map<std::string, Node> m_nodes;
    std::map<std::string, Engine> m_engines;
    std::map<std::string, Trouble> m_calls; // by what they are: "reads"
    Trouble m_backlog;
    RestoreProgress m_restore; // the last one told
    bool m_restoring = false;
    std::vector<Event> m_new;
};

} // namespace backend
