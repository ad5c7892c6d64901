// The Timeline browser with a user whose timeline in Redis differs from PostgreSQL, on a scripted engine.
// Base of the test; its thread.
#pragma once

#include <QApplication>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMessageBox>
#include <QPushButton>
#include <QTabWidget>
#include <QTableView>
#include <QTimer>

#include "tests/models/model_samples.h"
#include "tests/ui/page_fixture.h"
#include "ui/models/timeline_model.h"
#include "ui/pages/timeline_page.h"

namespace tests {

using namespace std::chrono_literals;

class TimelineToolsFixture
{
protected:
    static constexpr std::int64_t kAnna = 5'000'001, kAnton = 5'000'002;
    // Posts a minute apart, up to the sample time.
    static backend::PostId postAt(int minutesAgo)
    {
        const auto at = kSampleTime - std::chrono::minutes(minutesAgo);
        const auto unix = std::chrono::duration_cast<backend::Milliseconds>(at.time_since_epoch()).count();
        return {backend::makeRawId(unix - backend::kIdEpochUnixMs, 3, 0)};
    }
    static std::vector<backend::TimelineEntry> posts(int count)
    {
        std::vector<backend::TimelineEntry> out;
        for (int i = 0; i < count; ++i) {
            out.push_back(sampleEntry(postAt(i).value));
            out.back().author = {kAnton};
            out.back().authorHandle = "anton";
        }
        return out;
    }
    static backend::TimelineComparison damaged()
    {
        using Verdict = backend::EntryVerdict;
        backend::TimelineComparison out;
        out.reader = {kAnna};
        out.node = "redis-3";
        out.takenAt = kSampleTime;
        out.floor = postAt(100);
        out.cap = 800;
        out.inRedis = 4;
        out.inPostgres = 4;
        const auto add = [&](int minutes, Verdict verdict, bool redis, bool postgres) {
            out.entries.push_back({postAt(minutes), {kAnton}, "anton", redis, postgres, verdict, {}});
        };
        add(1, Verdict::Waiting, false, true);
        add(2, Verdict::Missing, false, true);
        add(3, Verdict::Same, true, true);
        add(4, Verdict::WrongScore, true, true);
        add(5, Verdict::Extra, true, false);
        add(120, Verdict::BelowFloor, true, false);
        out.entries[3].detail = "score -5";
        return out;
    }
    static bool start(PageFixture& fixture)
    {
        auto& engine = fixture.engine();
        engine.addUser({{kAnna}, "anna", "Anna B", kSampleTime}, {450, 34, 56});
        engine.addUser({{kAnton}, "anton", "Anton C", kSampleTime}, {1, 2, 3});
        engine.setHome({kAnna}, posts(400));
        engine.setAuthor({kAnna}, posts(30));
        engine.setComparison(damaged());
        if (!fixture.open()) return false;
        fixture.make<ui::TimelinePage>().openUser("anna");
        return QTest::qWaitFor([&] { return fixture.find<QLabel>("profileName")->text().contains("@anna"); },
                               kPatienceMs);
    }
    static void showTab(PageFixture& fixture, const char* tabs, int index)
    {
        fixture.find<QTabWidget>(tabs)->setCurrentIndex(index);
    }
    static QString text(PageFixture& fixture, const char* label)
    {
        return fixture.find<QLabel>(label)->text();
    }
    static QAbstractItemModel* rows(PageFixture& fixture, const char* view)
    {
        return fixture.find<QAbstractItemView>(view)->model();
    }
    static qint64 idAt(PageFixture& fixture, int row)
    {
        return rows(fixture, "homeTimeline")->index(row, 0).data(ui::TimelineModel::PostIdRole).toLongLong();
    }
    static QString cell(PageFixture& fixture, int row, int column)
    {
        return rows(fixture, "compareTable")->index(row, column).data().toString();
    }
    static void click(PageFixture& fixture, const char* button)
    {
        QTest::mouseClick(fixture.find<QPushButton>(button), Qt::LeftButton);
    }
    // Presses a button of the question that comes; its words are returned later.
    static void answer(const char* button, QString* words)
    {
        QTimer::singleShot(0, qApp, [button, words] {
            auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
            if (!box) return;
            *words = box->text() + ' ' + box->informativeText();
            auto* chosen = box->findChild<QPushButton*>(QLatin1StringView(button));
            QTest::mouseClick(chosen ? chosen : box->button(QMessageBox::Cancel), Qt::LeftButton);
        });
    }
};

} // namespace tests
