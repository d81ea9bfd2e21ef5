throw new Error('A test beside a controller is not loaded.');
