"""Files for a printer's shop: any picture on paper in millimetres, with bleed."""
