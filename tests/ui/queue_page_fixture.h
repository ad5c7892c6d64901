// What tests of the Queue & workers page do on it. The test's thread.
#pragma once

#include "tests/ui/page_fixture.h"
#include "ui/pages/queue_page.h"

#include <QPushButton>
#include <QTabWidget>
#include <QTest>

namespace tests {

// Of the tabs: kinds of tasks, workers, dead letters.
inline void showTab(PageFixture& fixture, int tab)
{
    fixture.find<QTabWidget>("queueTabs")->setCurrentIndex(tab);
}

inline void click(PageFixture& fixture, const char* button)
{
    QTest::mouseClick(fixture.find<QPushButton>(button), Qt::LeftButton);
}

} // namespace tests
