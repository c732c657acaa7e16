"""Writes erlang_c.csv and erlang_a.csv: figures that were not computed by this crate.

Erlang C comes from pyworkforce. No package on PyPI computes Erlang A without a web service, so its figures are
integrated numerically with mpmath from the density of the offered wait (Baccelli and Hebuterne 1981; Mandelbaum and
Zeltyn 2007), 40 digits, which shares no formula with the crate:

    v(x) = lambda P(N - 1) exp(lambda / theta (1 - exp(-theta x)) - N mu x)

    P(at once) = sum of P(0) .. P(N - 1), normalised together with the integral of v
    P(answered within t) = P(at once) + integral of exp(-theta x) v(x), x from 0 to t

and the mean wait of the answered is the integral of x exp(-theta x) v(x) over their share. The mean wait of all callers
is the integral of P(offered wait > x) exp(-theta x).
"""

import sys
from types import ModuleType

from mpmath import exp, inf, mp, mpf, quad

# pyworkforce's queueing module needs none of what its package pulls in for scheduling.
for name in ("numpy", "pandas", "joblib", "ortools", "ortools.sat", "ortools.sat.python", "ortools.linear_solver"):
    sys.modules.setdefault(name, ModuleType(name))
sys.modules["joblib"].Parallel = sys.modules["joblib"].delayed = None
sys.modules["ortools.sat.python"].cp_model = None
sys.modules["ortools.linear_solver"].pywraplp = None

from pyworkforce.queuing.erlang import ErlangC  # noqa: E402

mp.dps = 40

# Calls an hour of a county, a city, Beijing; handling 180, 240, 300 s.
CALLS = (60, 1_500, 6_000)
HANDLING_S = (180, 240, 300)
# Agents beyond the erlangs, in square roots of them.
SPARE = (0.2, 0.5, 1.0, 2.0, 3.0)
SPARE_A = (-2.0, -1.0, -0.3, 0.0, 0.5, 1.5, 3.0)
PATIENCE_S = (60, 120, 300)
LIMITS_S = (0, 15, 60)


def agents_for(calls, handling_s, spare):
    erlangs = calls * handling_s / 3_600
    return max(1, round(erlangs + spare * erlangs**0.5))


def erlang_c():
    yield "calls_per_hour,handling_s,agents,limit_s,wait_share,within,occupancy,mean_wait_s"
    for calls in CALLS:
        for handling_s in HANDLING_S:
            for agents in sorted({agents_for(calls, handling_s, spare) for spare in SPARE}):
                if agents <= calls * handling_s / 3_600:
                    continue
                for limit_s in LIMITS_S:
                    # pyworkforce refuses a limit of 0.
                    pool = ErlangC(calls, handling_s / 60, max(limit_s, 1e-12) / 60, 60)
                    waits = pool.waiting_probability(agents)
                    mean_s = waits * handling_s / (agents - pool.intensity)
                    yield ",".join(
                        map(repr, (calls, handling_s, agents, limit_s, waits, pool.service_level(agents),
                                   pool.achieved_occupancy(agents), mean_s))
                    )


class Palm:
    """A pool whose callers hang up; rates per second."""

    def __init__(self, calls, handling_s, agents, patience_s):
        self.arrive, self.serve, self.leave = mpf(calls) / 3_600, 1 / mpf(handling_s), 1 / mpf(patience_s)
        self.agents, erlangs = agents, mpf(calls) * handling_s / 3_600
        # States below all busy, relative to P(N - 1).
        term, free = mpf(1), mpf(1)
        for busy in range(agents - 1, 0, -1):
            term *= busy / erlangs
            free += term
        self.cuts = self.points()
        behind = quad(self.density, [*self.cuts, inf])
        self.total = free + behind
        self.at_once = free / self.total

    def density(self, x):
        """Of the offered wait, relative to P(N - 1)."""
        grow = self.arrive / self.leave * (1 - exp(-self.leave * x))
        return self.arrive * exp(grow - self.agents * self.serve * x)

    def points(self):
        """Where the integral is cut: the density can be a narrow hill far from 0."""
        width = 1 / mp.sqrt(self.arrive * self.leave)
        top = mp.log(self.arrive / (self.agents * self.serve)) / self.leave
        if top <= 0:
            return [mpf(0), *(width * n for n in (1, 2, 4, 8, 16))]
        around = (top + width * n for n in range(-12, 13, 2))
        return [mpf(0), *(x for x in around if x > 0)]

    def integral(self, of, until=inf):
        inside = [x for x in self.cuts if x < until]
        return quad(lambda x: of(x) * self.density(x), [*inside, until]) / self.total

    def within(self, limit_s):
        if limit_s == 0:
            return self.at_once
        return self.at_once + self.integral(lambda x: exp(-self.leave * x), mpf(limit_s))

    def figures(self):
        answered = self.at_once + self.integral(lambda x: exp(-self.leave * x))
        # Of those who wait x at most, the mean of the smaller of x and their patience.
        waited = self.integral(lambda x: (1 - exp(-self.leave * x)) / self.leave)
        of_answered = self.integral(lambda x: x * exp(-self.leave * x)) / answered
        occupancy = answered * self.arrive / (self.agents * self.serve)
        return answered, occupancy, waited, of_answered


def erlang_a():
    limits = ",".join(f"within_{limit_s}" for limit_s in LIMITS_S)
    yield f"calls_per_hour,handling_s,agents,patience_s,{limits},answered,occupancy,mean_wait_s,mean_answered_wait_s"
    for calls in CALLS:
        for handling_s in HANDLING_S:
            for agents in sorted({agents_for(calls, handling_s, spare) for spare in SPARE_A}):
                for patience_s in PATIENCE_S:
                    pool = Palm(calls, handling_s, agents, patience_s)
                    values = [*(pool.within(limit_s) for limit_s in LIMITS_S), *pool.figures()]
                    numbers = ",".join(mp.nstr(value, 15) for value in values)
                    yield f"{calls},{handling_s},{agents},{patience_s},{numbers}"


for path, rows in (("erlang_c.csv", erlang_c()), ("erlang_a.csv", erlang_a())):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f"{row}\n" for row in rows)
