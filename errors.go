package heartbeat

import "errors"

// Errors that stores and services return, compared with [errors.Is].
var (
	// ErrNotFound says that the check, notice or value does not exist.
	ErrNotFound = errors.New("not found")
	// ErrExists says that something with this identity is there already.
	ErrExists = errors.New("already exists")
	// ErrConflict says that a conditional write lost a race: the stored revision
	// is not the one that was read. Nothing was written; read again and retry.
	ErrConflict = errors.New("conflict: changed meanwhile")
	// ErrAmbiguous says that several checks of the project have the slug. Nothing
	// was written.
	ErrAmbiguous = errors.New("ambiguous slug")
	// ErrUnreadable says that a check is stored in a form that cannot be read, as
	// after somebody else's hand was in the store. Its neighbours are well.
	ErrUnreadable = errors.New("cannot be read as it is stored")
	// ErrBusy says that the store's queue is full. Nothing was written; try later.
	ErrBusy = errors.New("busy: too many requests are waiting")
	// ErrClosed says that the store is shutting down. Nothing was written.
	ErrClosed = errors.New("closed")
	// ErrForbidden says that the caller lacks the key or secret.
	ErrForbidden = errors.New("forbidden")
)

// Invalid says which input is wrong and what to do about it. It maps to 400.
type Invalid struct {
	// Field is the parameter or form field, such as "threshold".
	Field string
	// Problem is a clause that follows the field's name, such as
	// "must be a number of hours, for example 24 or 0.5".
	Problem string
}

func (e *Invalid) Error() string { return e.Field + " " + e.Problem }
