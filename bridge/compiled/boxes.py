"""Arrays and named tuples that compiled code returns are made without running any Python code.

Numba fetches their classes by a function in Python, and calls the class of a named tuple. A handler of a signal may
raise there, as that of Ctrl-C does, and what then is missing in a half-made tuple ends the process. Here classes are
constants of the compiled function, and `tuple.__new__` makes the named tuple.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.boxing import box_array, box_tuple
from numba.core.pythonapi import _boxers
from numba.np.numpy_support import as_dtype

_utils: Any = cgutils  # annotated here and there only


def _array(kind: Any, value: Any, c: Any) -> Any:
    """`value` as an object of the interpreter; its reference is taken, as numba's own does."""
    if not c.context.enable_nrt:  # an array that was an argument
        return box_array(kind, value, c)
    number, api = ir.IntType(32), c.pyapi
    shape = ir.FunctionType(api.pyobj, [api.voidptr, api.pyobj, number, number, api.pyobj])
    make = _utils.get_or_insert_function(c.builder.module, shape, "NRT_adapt_ndarray_to_python_acqref")
    place = _utils.alloca_once_value(c.builder, value)
    facts = ir.Constant(number, kind.ndim), ir.Constant(number, int(kind.mutable))
    dtype = _constant(c, as_dtype(kind.dtype))
    made = c.builder.call(make, [c.builder.bitcast(place, api.voidptr), _constant(c, kind.box_type), *facts, dtype])
    c.context.nrt.decref(c.builder, kind, value)
    return made


def _named(kind: Any, value: Any, c: Any) -> Any:
    plain = box_tuple(kind, value, c)
    made = c.pyapi.call_function_objargs(_constant(c, tuple.__new__), (_constant(c, kind.instance_class), plain))
    c.pyapi.decref(plain)
    return made


def _constant(c: Any, what: object) -> Any:
    """A borrowed reference to a constant of the compiled function."""
    return c.env_manager.read_const(c.env_manager.add_const(what))


_boxers.functions.update({types.Array: _array, types.NamedTuple: _named, types.NamedUniTuple: _named})
