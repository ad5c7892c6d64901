// How much of the machine other programs took while a bench ran: figures of a busy machine say so themselves.
// One thread.
#pragma once

namespace app {

// Used so far by this process and its descendants, in seconds to the hundredth; those that ended count as
// their parents'.
double ownCpuSeconds();

class CpuWatch
{
public:
    CpuWatch();
    // Of the processors' time since construction: what neither this process nor its descendants used, 0 … 1.
    // Ask before descendants end. -1 where the system does not tell.
    double foreignShare() const;

private:
    struct Times
    {
        double busy = -1, total = 0; // of the machine, in clock ticks
        double own = 0;              // of this process and its descendants
    };
    static Times read();

    Times m_from;
};

} // namespace app
