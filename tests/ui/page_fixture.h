// One page on a scripted engine, as the window would show it: theme, bridge, shared time range, and the
// newest snapshot handed over as it comes.
#pragma once

#include <QClipboard>
#include <QGuiApplication>
#include <QTest>

#include "tests/support/fake_engine.h"
#include "tests/support/patience.h"
#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/time_range.h"
#include "ui/pages/page.h"
#include "ui/theme/theme.h"

#include <memory>

namespace tests {

class PageFixture
{
public:
    PageFixture()
    {
        bridge.setPollInterval(std::chrono::milliseconds(20));
        QObject::connect(&bridge, &ui::EngineBridge::snapshotChanged, &bridge,
                         [this](const auto&) { pass(); });
        QObject::connect(&bridge, &ui::EngineBridge::stateChanged, &bridge, [this] { pass(); });
    }
    ~PageFixture() { page.reset(); }

    tests::FakeEngine& engine() { return *fake->engine; }

    template <class PageClass>
    PageClass& make()
    {
        auto made = std::make_unique<PageClass>(ui::PageContext{theme, bridge, range}, nullptr);
        auto& out = *made;
        page = std::move(made);
        page->resize(1100, 720);
        page->show();
        page->setSnapshot(bridge.snapshot());
        page->activated();
        return out;
    }

    // Opens the session and waits for the first snapshot.
    bool open()
    {
        bridge.open(fakeOpener(fake));
        return QTest::qWaitFor([this] { return bridge.snapshot() != nullptr; }, kPatienceMs);
    }

    // Waits until a snapshot that the engine took from now on has arrived.
    bool waitForNews()
    {
        const auto before = bridge.snapshot() ? bridge.snapshot()->sequence : 0;
        return QTest::qWaitFor([&] { return bridge.snapshot() && bridge.snapshot()->sequence > before + 1; },
                               kPatienceMs);
    }

    template <class Widget>
    Widget* find(const char* name) const
    {
        return page->findChild<Widget*>(QLatin1String(name));
    }

    std::shared_ptr<FakeBackend> fake = std::make_shared<FakeBackend>();
    ui::Theme theme{ui::ThemeMode::Light};
    ui::EngineBridge bridge;
    ui::TimeRange range;
    std::unique_ptr<ui::Page> page;

private:
    void pass()
    {
        if (bridge.snapshot()) range.setNewest(bridge.snapshot()->takenAt);
        if (page) page->setSnapshot(bridge.snapshot());
    }
};

} // namespace tests
