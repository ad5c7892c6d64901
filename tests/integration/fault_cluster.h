// Servers that outlive the engines that die on them, and what every test with fault points does: start a
// victim, let a fresh engine finish its work, hold what is there against what was acknowledged and against a
// recomputation from PostgreSQL. Base of the test; its thread. REQUIRES: FAULT_VICTIM is the program's path.
#pragma once

#include "backend/cache/raw_timeline.h"
#include "tests/integration/deeds.h"
#include "tests/support/demo_session.h"
#include "tests/support/private_cluster.h"

#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <memory>
#include <string>
#include <vector>

namespace tests {

using namespace backend;

class FaultCluster
{
protected:
    static constexpr int kUsers = 30, kActors = 20; // the last ones are the test's own readers

    void prepare();
    void forgetStrike() { QFile::remove(struck()); } // after each test
    std::unique_ptr<QProcess> start(const QString& fault, const QString& deeds = "120");
    void finish(QProcess& victim); // one that works on is told to
    // Owners of timelines of which only the newest part is there.
    std::vector<UserId> halfBuilt(app::OpenedSession& session, TimelineFamily family);
    static std::vector<std::string> on(const NodeEndpoint& node, const std::string& sql);
    std::vector<std::string> onEveryPostgres(const std::string& sql); // the first column of all rows
    std::vector<std::string> onDirectory(const std::string& sql);
    void beginToPull();    // the first user, whom all follow
    void endPulling();     // long ago
    void nobodyIsMerged(); // once what ends has ended
    void lapseLeases()
    {
        onEveryPostgres("UPDATE queue.tasks SET lease_until = clock_timestamp() WHERE state = 1");
    }
    void flush(const std::string& redis);
    // The table of that name of every user shard; throws where one has none.
    void updateAllShards(const std::string& table, const std::string& set);
    void nobodyWasSeen(); // for two months: whoever comes next makes all readers dormant
    void everythingIsRight();
    void ledgersAreExact(app::OpenedSession& session); // of whom all follow, all the time
    std::string log() const { return m_place.filePath("log").toStdString(); }
    QString struck() const { return m_place.filePath("struck"); }
    bool hasStruck(const QString& point) const
    {
        QFile file(struck());
        return file.open(QIODevice::ReadOnly) && file.readAll() == point.toUtf8() + "\n";
    }

    QTemporaryDir m_place;
    std::unique_ptr<PrivateCluster> m_cluster;
    NodeEndpoint m_directory;
    std::filesystem::path m_config;
    std::vector<UserId> m_users;
    UserId m_steady;   // posts, and is followed by all of them from first to last
    PostId m_heldUpTo; // of the steady one's posts
    int m_ledgerLooks = 0, m_ledgersHeld = 0;
    bool m_someSleep = false; // since the last time that everything was right
    DeedsModel m_model;
    int m_seed = 0;
};

} // namespace tests
