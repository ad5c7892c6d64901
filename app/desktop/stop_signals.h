// SIGTERM, SIGINT and SIGHUP end the program as closing its window does: sessions are closed, servers
// stopped, data kept. Owned by main; GUI thread only. One at a time.
#pragma once

#include <QObject>
#include <QSocketNotifier>

#include <memory>

namespace app {

class StopSignals final : public QObject
{
    Q_OBJECT

public:
    StopSignals();
    ~StopSignals() override;

signals:
    void came();

private:
    std::unique_ptr<QSocketNotifier> m_notifier;
};

} // namespace app
