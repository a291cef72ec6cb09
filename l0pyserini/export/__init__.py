"""Writing encoded collections and encoders in other engines' formats."""

from typing import TYPE_CHECKING

from l0pyserini.base.lazy import lazy_names

if TYPE_CHECKING:
    from l0pyserini.export.bmp import export_bmp
    from l0pyserini.export.ciff import export_ciff
    from l0pyserini.export.opensearch_model import export_opensearch_model
    from l0pyserini.export.pisa import export_pisa
    from l0pyserini.export.seismic import export_seismic

__all__ = [
    "export_bmp",
    "export_ciff",
    "export_opensearch_model",
    "export_pisa",
    "export_seismic",
]

# Each format has packages of its own, which the others must not pay for.
__getattr__ = lazy_names(
    __name__,
    {
        "export_bmp": "bmp",
        "export_ciff": "ciff",
        "export_opensearch_model": "opensearch_model",
        "export_pisa": "pisa",
        "export_seismic": "seismic",
    },
)
