// What the caches hold and spare: memory by kind of key and times to live from a sample, evictions and
// expirations, misses that single flight spared. Reads on demand and again every ten seconds while it is
// seen. Owned by the Cache page; GUI thread only.
#pragma once

#include <QWidget>

#include "backend/engine.h"
#include "ui/bridge/engine_call.h"
#include "ui/models/key_tables.h"

#include <chrono>
#include <optional>

class QTableView;

namespace ui {

class Card;
class EngineBridge;
class Label;
class Theme;
class TtlBars;

class CacheDetailsView final : public QWidget
{
    Q_OBJECT

public:
    CacheDetailsView(const Theme& theme, EngineBridge& bridge, QWidget* parent);

    // A snapshot came: looks again when it is time. Nothing is asked while it is not seen.
    void tick();
    void refresh();
    void timesChanged() { showSummary(); }
    void giveUp();
    int neededHeight() const; // to show all kinds of keys

private:
    using Clock = std::chrono::steady_clock;

    void build();
    QWidget* buildFamilies();
    QWidget* buildTtls();
    QWidget* buildFlights();
    QTableView* makeTable(const char* name, const QString& title, QAbstractItemModel* model, QWidget* parent);
    void forget();
    void read();
    void take(const backend::CacheDetails& details);
    void showSummary();
    void showTtls(const backend::CacheDetails& details);

    const Theme& m_theme;
    EngineBridge& m_bridge;
    Label* m_summary = nullptr;
    KeyFamilyModel* m_families = nullptr;
    QTableView* m_familyTable = nullptr;
    FlightModel* m_flights = nullptr;
    TtlBars* m_ttls = nullptr;
    Card *m_familyCard = nullptr, *m_ttlCard = nullptr, *m_flightCard = nullptr;
    std::optional<backend::CacheDetails> m_details;
    QString m_error;
    std::optional<Clock::time_point> m_asked;
    bool m_reading = false;
    EngineCall m_call; // the sampling that is waited for
};

} // namespace ui
