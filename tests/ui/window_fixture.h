// The whole window on a scripted engine, with settings in a file of the test. Driven by object names, keys go
// where a person's keys go: to the widget that has the focus.
#pragma once

#include <QApplication>
#include <QSettings>
#include <QTest>
#include <QWindow>

#include "tests/support/fake_engine.h"
#include "tests/support/patience.h"
#include "ui/bridge/time_range.h"
#include "ui/main_window.h"
#include "ui/theme/theme.h"
#include "ui/theme/theme_setting.h"

#include <memory>
#include <vector>

namespace tests {

class WindowFixture
{
public:
    explicit WindowFixture(const QString& settingsFile)
        : settings(settingsFile, QSettings::IniFormat)
        , theme(ui::savedThemeMode(settings))
        , window(std::make_unique<ui::MainWindow>(ui::PageContext{theme, bridge, range}, settings,
                                                  [this](const ui::SessionChoice& choice) {
                                                      choices.push_back(choice);
                                                      return fakeOpener(fake);
                                                  }))
    {
        bridge.setPollInterval(std::chrono::milliseconds(20));
    }
    ~WindowFixture()
    {
        fake->engine->releaseAll();
        window.reset();
    }

    FakeEngine& engine() { return *fake->engine; }

    bool show()
    {
        window->show();
        window->activateWindow();
        return QTest::qWaitForWindowActive(window.get(), kPatienceMs);
    }
    // Shows it, starts the demo by its button and waits for figures.
    bool showOpen()
    {
        if (!show()) return false;
        QTest::mouseClick(find<QWidget>("startDemo"), Qt::LeftButton);
        return QTest::qWaitFor([this] { return bridge.snapshot() != nullptr; }, kPatienceMs);
    }
    // A snapshot that the engine took from now on.
    bool waitForNews()
    {
        const auto before = bridge.snapshot() ? bridge.snapshot()->sequence : 0;
        return QTest::qWaitFor([&] { return bridge.snapshot() && bridge.snapshot()->sequence > before + 1; },
                               kPatienceMs);
    }

    template <class Widget>
    Widget* find(const char* name) const
    {
        return window->findChild<Widget*>(QLatin1StringView(name));
    }
    void click(const char* name) const { QTest::mouseClick(find<QWidget>(name), Qt::LeftButton); }
    void press(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) const
    {
        QTest::keyClick(window->windowHandle(), key, modifiers);
    }

    std::shared_ptr<FakeBackend> fake = std::make_shared<FakeBackend>();
    std::vector<ui::SessionChoice> choices;
    QSettings settings;
    ui::Theme theme;
    ui::EngineBridge bridge;
    ui::TimeRange range;
    std::unique_ptr<ui::MainWindow> window;
};

} // namespace tests
