"""PyArrow's data out of an untrusted pickle: checked before and after they are made.

PyArrow takes a pickled array's type, lengths and buffers for what they claim to be.
"""

from __future__ import annotations

import importlib
from typing import Any

from ..adapter.contract import Adapter
from ..adapter.refusals import HostileStateError, need
from .numpy.data import BUFFERS

_MAX_ITEMS = 1 << 48


def arrow_buffer(memory: Any) -> Any:
    """Return a buffer on a pickle's memory, in place of `pyarrow.lib.py_buffer`: not a copy.

    Raises:
        HostileStateError: PyArrow pickles no buffer so.
    """
    pa: Any = importlib.import_module("pyarrow")

    need(type(memory) in BUFFERS, "a buffer")
    return pa.py_buffer(memory)


def arrow_union(fields: Any, mode: Any, codes: Any) -> Any:
    """Return a union's type, in place of `pyarrow.lib.union`, which writes by the codes.

    Raises:
        HostileStateError: its fields do not have a code each.
    """
    pa: Any = importlib.import_module("pyarrow")

    need(type(codes) is list and len(set(codes)) == len(codes), "a union's codes")
    need(all(type(code) is int and 0 <= code < 128 for code in codes), "a union's codes")
    return pa.lib.union(fields, mode, codes)


def arrow_struct(fields: Any) -> Any:
    """Return a struct's type, in place of `pyarrow.lib.struct`, which takes more than fields.

    Raises:
        HostileStateError: PyArrow pickles no struct's type so.
    """
    pa: Any = importlib.import_module("pyarrow")

    need(_are_fields(fields), "a struct's fields")
    return pa.struct(fields)


def arrow_schema(fields: Any, metadata: Any = None) -> Any:
    """Return a schema, in place of `pyarrow.lib.schema`, which takes more than fields.

    Raises:
        HostileStateError: PyArrow pickles no schema so.
    """
    pa: Any = importlib.import_module("pyarrow")

    need(_are_fields(fields), "a schema's fields")
    return pa.schema(fields, metadata)


def arrow_binary(width: Any = -1) -> Any:
    """Return the type of bytes, in place of `pyarrow.binary`: -1 stands for any width.

    Raises:
        HostileStateError: the width is below.
    """
    pa: Any = importlib.import_module("pyarrow")

    need(type(width) is int and width >= -1, "a width")
    return pa.binary(width)


def arrow_table(parts: Any, schema: Any) -> Any:
    """Return a table, in place of `pyarrow.lib._reconstruct_table`.

    Raises:
        HostileStateError: its columns are not those of its schema.
    """
    return _checked("_reconstruct_table", parts, schema)


def arrow_batch(parts: Any, schema: Any) -> Any:
    """Return a batch, in place of `pyarrow.lib._reconstruct_record_batch`.

    Raises:
        HostileStateError: its columns are not those of its schema.
    """
    return _checked("_reconstruct_record_batch", parts, schema)


def restored_arrow(data: Any) -> Any:
    """Return the PyArrow array of a pickled state, in place of `pyarrow.lib._restore_array`.

    Raises:
        HostileStateError: PyArrow never pickles this.
    """
    pa: Any = importlib.import_module("pyarrow")

    _check_array(data)
    array = pa.lib._restore_array(data)
    _validate(array, full=True)
    return array


def _are_fields(fields: Any) -> bool:
    pa: Any = importlib.import_module("pyarrow")

    return type(fields) is list and all(isinstance(field, pa.Field) for field in fields)


def _checked(make: str, parts: Any, schema: Any) -> Any:
    pa: Any = importlib.import_module("pyarrow")

    need(type(parts) is list and isinstance(schema, pa.Schema), "a table")
    columns = (pa.Array, pa.ChunkedArray)
    need(all(isinstance(part, columns) for part in parts), "a table's columns")
    table = getattr(pa.lib, make)(parts, schema)
    _validate(table, full=False)  # each array has been, in full
    return table


def _validate(value: Any, *, full: bool) -> None:
    pa: Any = importlib.import_module("pyarrow")

    try:
        value.validate(full=full)
    except pa.ArrowException as error:
        raise HostileStateError(f"an array's buffers ({error})") from error


def _check_array(data: Any) -> None:
    """Check what PyArrow takes for granted while it makes the array, before it can be validated."""
    pa: Any = importlib.import_module("pyarrow")

    need(type(data) is tuple and len(data) == 7, "an array's state")
    kind, length, nulls, offset, buffers, children, dictionary = data
    need(isinstance(kind, pa.DataType), "an array's type")
    numbers = (length, nulls, offset)
    need(all(type(n) is int and -1 <= n < _MAX_ITEMS for n in numbers), "an array's length")
    need(length >= 0 and offset >= 0 and nulls <= length, "an array's length")
    variadic = pa.types.is_string_view(kind) or pa.types.is_binary_view(kind)
    more = len(buffers) - kind.num_buffers
    need(more == 0 or (more > 0 and variadic), "an array's number of buffers")
    need(all(b is None or isinstance(b, pa.Buffer) for b in buffers), "an array's buffers")
    # PyArrow 17 looks into each of the others.
    need(all(b is not None for b in buffers[kind.num_buffers :]), "an array's buffers")
    need(len(children) == kind.num_fields, "an array's children")
    need(pa.types.is_dictionary(kind) == bool(dictionary), "an array's children")
    need(not _has_no_bitmap(kind) or buffers[0] is None, "an array's bitmap")
    needed = _child_length(kind, offset + length)
    for child in children:
        _check_array(child)
        need(child[1] >= needed, "an array's children")
    expected = [kind.field(i).type for i in range(kind.num_fields)]
    if dictionary:
        _check_array(dictionary)
        expected, children = [*expected, kind.value_type], [*children, dictionary]
    found = [child[0] for child in children]
    need(found == expected, "an array's children")
    _check_whole_children(kind, children)


def _check_whole_children(kind: Any, children: Any) -> None:
    """Check the children that PyArrow ends the process for, where they have nulls."""
    pa: Any = importlib.import_module("pyarrow")

    whole = []
    if pa.types.is_map(kind):
        whole = [children[0], children[0][5][0]]  # the pairs, and their keys
    elif pa.types.is_run_end_encoded(kind):
        whole = [children[0]]  # the ends of the runs
    for child in whole:
        nulls = child[2]
        counted = nulls < 0 and child[4][0] is not None and _null_count(child)
        need(nulls <= 0 and not counted, "an array's nulls")


def _null_count(data: Any) -> int:
    return int(restored_arrow(data).null_count)


def _has_no_bitmap(kind: Any) -> bool:
    pa: Any = importlib.import_module("pyarrow")

    return bool(pa.types.is_union(kind) or pa.types.is_run_end_encoded(kind))


def _child_length(kind: Any, length: int) -> int:
    """Return how long the children of an array of this type and length are at least."""
    pa: Any = importlib.import_module("pyarrow")

    if pa.types.is_fixed_size_list(kind):
        return int(kind.list_size) * length
    alike = pa.types.is_struct(kind) or (pa.types.is_union(kind) and kind.mode == "sparse")
    return length if alike else 0


ADAPTER = Adapter(module="pyarrow", versioned=True, proven=True, of_data=True)
