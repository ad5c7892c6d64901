// A private backend, and the doctor who looks at it. Base of the test; its thread.
#pragma once

#include "backend/operations/doctor.h"
#include "tests/integration/helper_process.h"
#include "tests/support/demo_session.h"

#include <QTest>

#include <chrono>
#include <memory>

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

class DoctorFixture
{
protected:
    void start();
    void begin(); // before each test: the limits that are meant for a busy machine
    QString owner(const QString& node) const;
    QString address(const QString& node) const;
    // SQL as the owner, or Redis commands; several, one a line.
    void run(const QString& node, const QString& commands) const;
    Checkup examine(const WallClock& clock = SystemWallClock()) const
    {
        return examineCluster(m_inputs, clock, Deadline::after(60s));
    }
    static const CheckFinding* find(const Checkup& checkup, const std::string& node,
                                    const std::string& check);
    static QString texts(const Checkup& checkup);

    std::shared_ptr<app::OpenedSession> m_session;
    DoctorInputs m_inputs;
};

} // namespace tests
