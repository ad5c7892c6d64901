// Goes round all warm readers, slowly, and holds their home timelines against PostgreSQL: "timelines verified
// in the last hour, differences found". What it finds it counts and writes to the log; repairing is left to
// the operator (rookeryctl audit --repair) unless the setting says otherwise. One engine of a cluster at a
// time, by a lock in the directory; who takes over begins its own round somewhere. Owned by the engine;
// thread-safe.
#pragma once

#include "backend/cluster/directory.h"
#include "backend/common/hour_window.h"
#include "backend/common/periodic_thread.h"
#include "backend/domain/verification.h"
#include "backend/operations/timeline_auditor.h"

#include <functional>
#include <map>
#include <mutex>

namespace backend {

struct VerifierSettings
{
    int readersPerSecond = 5;
    // Builds a differing timeline again; empty: it stays as it is.
    std::function<Result<void>(UserId reader, Deadline deadline)> repair;
    Milliseconds every{5'000}; // between two tries to be the engine that does it
};

class TimelineVerifier
{
public:
    TimelineVerifier(const FeedServices& services, Directory& directory, VerifierSettings settings);

    // Of several such threads first all, then destroy: they end side by side.
    void requestStop() { m_thread.requestStop(); }

    TimelineVerification figures() const;

private:
    void step(const std::stop_token& stop);
    Result<void> goRound(const class DirectoryLock& lock, const std::stop_token& stop);
    Result<void> verify(std::span<const UserId> readers, const std::stop_token& stop);
    void take(std::span<const UserId> readers, const TimelineAuditReport& report,
              const std::vector<UserId>& differing);
    void setRunning(bool running);

    const FeedServices& m_services;
    Directory& m_directory;
    const VerifierSettings m_settings;
    const TimelineAuditor m_auditor;
    std::map<UserId, HourWindow::Time> m_known; // counted within the hour and not healed; of the thread
    mutable std::mutex m_mutex;                 // guards what follows
    TimelineVerification m_figures;
    HourWindow m_verified, m_differences;
    PeriodicThread m_thread; // last: it uses all of the above
};

} // namespace backend
