package storetest

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"time"

	"pgregory.net/rapid"

	"heartbeat"
)

// Plan says what goes wrong with a call, whose Fault is not set yet. It is asked
// about one call after another, in the order in which they come.
type Plan func(Call) Fault

// Always is a plan in which the fault strikes every call of the methods; of all
// methods if none is named.
func Always(fault Fault, methods ...string) Plan { return Every(1, fault, methods...) }

// Every is a plan in which the fault strikes the nth call of the methods taken
// together, the 2nth, and so on.
func Every(n int, fault Fault, methods ...string) Plan {
	return counted(methods, func(i int) Fault {
		if i%n == 0 {
			return fault
		}
		return Fault{}
	})
}

// Once is a plan in which the fault strikes the nth call of the methods taken
// together, and no other.
func Once(n int, fault Fault, methods ...string) Plan {
	return counted(methods, func(i int) Fault {
		if i == n {
			return fault
		}
		return Fault{}
	})
}

// Script is a plan in which one fault after another strikes the calls of the
// methods. After the last one all calls go through.
func Script(faults []Fault, methods ...string) Plan {
	return counted(methods, func(i int) Fault {
		if i > len(faults) {
			return Fault{}
		}
		return faults[i-1]
	})
}

// Seeded is a plan in which one of the faults strikes a call of the methods with
// the given chance. The same seed makes the same plan.
func Seeded(seed uint64, chance float64, faults []Fault, methods ...string) Plan {
	dice := rand.New(rand.NewPCG(seed, 0)) // repeatable on purpose
	return counted(methods, func(int) Fault {
		if dice.Float64() >= chance {
			return Fault{}
		}
		return faults[dice.IntN(len(faults))]
	})
}

// DrawScript draws up to n faults for [Script]: calls that go through, fail, are
// refused, lose their answer or come late by delay. It shrinks towards a script
// in which little goes wrong.
func DrawScript(t *rapid.T, n int, delay time.Duration) []Fault {
	fault := rapid.SampledFrom([]Fault{{}, Fail(), Lose(), Busy(), Delay(delay)})
	return rapid.SliceOfN(fault, 0, n).Draw(t, "faults")
}

// counted is a plan that asks about the ith call of the methods, from 1.
func counted(methods []string, ask func(i int) Fault) Plan {
	store := reflect.TypeFor[interface {
		heartbeat.Store
		heartbeat.Shared
	}]()
	for _, m := range methods {
		if _, ok := store.MethodByName(m); !ok {
			panic(fmt.Sprintf("storetest: a store has no method %q", m))
		}
	}
	i := 0
	return func(c Call) Fault {
		if len(methods) > 0 && !slices.Contains(methods, c.Method) {
			return Fault{}
		}
		i++
		return ask(i)
	}
}
