// An application that knows the longest event that it answered: nothing of an event is missed, whenever a
// StallProbe asked.
#pragma once

#include <QApplication>

#include <algorithm>
#include <ctime>

namespace bench {

class EventClock final : public QApplication
{
public:
    using QApplication::QApplication;

    bool notify(QObject* receiver, QEvent* event) override
    {
        if (t_inside) return QApplication::notify(receiver, event);
        t_inside = true;
        const double begin = work();
        const bool done = QApplication::notify(receiver, event);
        t_longest = std::max(t_longest, work() - begin);
        t_inside = false;
        return done;
    }

    void clear() { t_longest = 0; }
    double longest() const { return t_longest; } // milliseconds that the calling thread computed

private:
    static double work()
    {
        std::timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return double(time.tv_sec) * 1e3 + double(time.tv_nsec) / 1e6;
    }

    inline static thread_local bool t_inside = false;
    inline static thread_local double t_longest = 0;
};

} // namespace bench
